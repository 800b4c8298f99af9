"""The age on a film, as it may leave."""

import re
from datetime import date, datetime

from pydicom import Dataset

from mvm_core.imaging.attributes import text

OLDEST = 89
"""In years: everyone who is older is 90 (45 CFR 164.514(b)(2)(i)(C))."""

_AGE = re.compile(r"(\d{1,3})([DWMY])")
_A_YEAR = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}
_DATES = ("StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate")
_MOST = 130


def age_of(data: Dataset) -> str:
    """The age at the time of the film as DICOM writes it, such as ``067Y``; above 89 years ``090Y``.

    It is what PatientAge says, else it follows from the birth date and the date of the study; empty where
    neither tells.
    """
    said = _AGE.fullmatch(text(data, "PatientAge").upper())
    if said is not None and int(said.group(1)):
        years = int(said.group(1)) / _A_YEAR[said.group(2)]
        return _written(years) if years >= 1 else f"{int(said.group(1)):03d}{said.group(2)}"
    born, taken = _day(text(data, "PatientBirthDate")), _first_day(data)
    if born is None or taken is None or born > taken:
        return ""
    years = taken.year - born.year - ((taken.month, taken.day) < (born.month, born.day))
    return _written(years) if years <= _MOST else ""


def _written(years: float) -> str:
    return f"{90 if years > OLDEST else int(years):03d}Y"


def _first_day(data: Dataset) -> date | None:
    return next((day for name in _DATES if (day := _day(text(data, name))) is not None), None)


def _day(said: str) -> date | None:
    try:
        return datetime.strptime(said, "%Y%m%d").date()
    except ValueError:
        return None
