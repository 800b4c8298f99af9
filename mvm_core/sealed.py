"""The sealed test of a weights folder: its record, and where its tables lie."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.errors import WeightsError
from mvm_core.language import gettext

RECORD = "sealed.json"
TABLES = {
    "predictions": "sealed_predictions.parquet",
    "unmarked": "sealed_unmarked.parquet",
    "levels": "sealed_levels.parquet",
    "cases": "sealed_cases.parquet",
}
FORMAT = 2

_SEED_DIGITS = 8


@dataclass(frozen=True)
class Opening:
    """One time that the sealed test was simulated, read and scored.

    Attributes
    ----------
    date : str
        ISO 8601, UTC.
    weights : str
        SHA-256 of the manifest of the weights read.
    finder : str
        The same of what found the vertebrae.
    """

    date: str
    weights: str
    finder: str


@dataclass(frozen=True)
class Seal:
    """A sealed test that belongs to the weights beside it.

    Attributes
    ----------
    folder : Path
    weights : str
        SHA-256 of the manifest, from which the seeds follow.
    finder : str or None
        The same of what found the vertebrae, where the seeds follow from it too; None in earlier records.
    share : float
        Of the full numbers of patients; below 1 it was a trial.
    simulator_version : int
    cohorts : mapping of str to mapping
        By site: seed, numbers of patients, fingerprint.
    openings : tuple of Opening
        All, those for other weights included, first to last.
    finding : mapping of str to mapping
        By site, how well the vertebrae were found, as of `finding_totals`; none in earlier records.
    """

    folder: Path
    weights: str
    finder: str | None
    share: float
    simulator_version: int
    cohorts: Mapping[str, Mapping[str, Any]]
    openings: tuple[Opening, ...]
    finding: Mapping[str, Mapping[str, Any]]

    @property
    def opened(self) -> int:
        """How often it was opened for these weights."""
        return len(self._own)

    @property
    def known_to_finder(self) -> bool:
        """Whether these films had been read with another finder before this one was chosen."""
        return self.finder is None and len({opening.finder for opening in self._own}) > 1

    @property
    def _own(self) -> list[Opening]:
        return [opening for opening in self.openings if opening.weights == self.weights]

    @property
    def predictions(self) -> Path:
        """Every reading of every patient, at the marked level."""
        return self.folder / TABLES["predictions"]

    @property
    def unmarked(self) -> Path:
        """The same as if nobody had drawn a box."""
        return self.folder / TABLES["unmarked"]

    @property
    def levels(self) -> Path:
        """Every level in view, boxes unseen."""
        return self.folder / TABLES["levels"]

    @property
    def cases(self) -> Path:
        """What is wrong with each patient: kind, signs, size, primary tumour."""
        return self.folder / TABLES["cases"]


def seed_of(weights: str, site: str) -> int:
    """The seed of patients whom weights cannot have learnt from, since it follows from the finished weights.

    Parameters
    ----------
    weights : str
        SHA-256 of their manifest; for a sealed test, a blank and that of their finder follow.
    site : str
        The site of a sealed test, or whatever else the patients are for.

    Returns
    -------
    int
        The first digits of SHA-256 of both.
    """
    return int(hashlib.sha256(f"{weights} {site}".encode()).hexdigest()[:_SEED_DIGITS], 16)


def read_openings(folder: Path) -> tuple[Opening, ...]:
    """All openings that a folder's record names; none without a record.

    Raises
    ------
    WeightsError
        If the record is malformed.
    """
    record = folder / RECORD
    if not record.is_file():
        return ()
    try:
        return tuple(Opening(**each) for each in json.loads(record.read_bytes())["openings"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _malformed(record, error) from None


def read_seal(folder: Path, weights: str) -> Seal | None:
    """The sealed test of a weights folder; None where there is none, or it is that of other weights.

    Parameters
    ----------
    folder : Path
        Weights folder.
    weights : str
        SHA-256 of its manifest.

    Raises
    ------
    WeightsError
        If the record is malformed, or a table differs from the sum that it states.
    """
    record = folder / RECORD
    if not record.is_file():
        return None
    try:
        said = json.loads(record.read_bytes())
        if said["weights"] != weights:
            return None
        if said["format"] != FORMAT:
            raise ValueError(f"format {said['format']}, expected {FORMAT}")
        sums = {name: str(said["tables"][name]) for name in TABLES}
        seal = Seal(
            folder,
            weights,
            said.get("finder"),
            float(said["share"]),
            int(said["simulator_version"]),
            dict(said["cohorts"]),
            tuple(Opening(**each) for each in said["openings"]),
            dict(said.get("finding", {})),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _malformed(record, error) from None
    for name, file in TABLES.items():
        path = folder / file
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sums[name]:
            raise WeightsError(
                str(path),
                gettext("it is missing or differs from the sum in {record}", record=RECORD),
                gettext("restore it from its source"),
            )
    return seal


def _malformed(record: Path, error: Exception) -> WeightsError:
    return WeightsError(
        str(record),
        gettext("the record of the sealed test is malformed ({error})", error=error),
        gettext("restore it, or seal the weights again"),
    )
