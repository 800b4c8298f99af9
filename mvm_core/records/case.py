"""A case of the record, and what may be said of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mvm_core.errors import DatabaseError
from mvm_core.language import gettext, gettext_noop

NOT_READ = gettext_noop("not read")
"""In the place of a zone, where no vertebra was found."""

OPINIONS = {
    "": gettext_noop("no opinion given"),
    "mvm": gettext_noop("MVM"),
    "bvf": gettext_noop("BVF"),
    "undecided": gettext_noop("undecided"),
    "other": gettext_noop("something else"),
    "intact": gettext_noop("nothing seen"),
}
TRUTHS = {
    "": gettext_noop("not known yet"),
    "mvm": gettext_noop("MVM"),
    "bvf": gettext_noop("BVF"),
    "other": gettext_noop("something else"),
    "intact": gettext_noop("intact"),
}
REFERENCES = {
    "": gettext_noop("none"),
    "mri": gettext_noop("MRI"),
    "ct": gettext_noop("CT"),
    "biopsy": gettext_noop("biopsy"),
    "follow-up": gettext_noop("follow-up"),
}


@dataclass(frozen=True)
class Statement:
    """What people say of a case.

    Attributes
    ----------
    opinion_before, opinion_after : str
        Keys of `OPINIONS`: the user's own, before and after the reading was seen.
    comment : str
    truth : str
        A key of `TRUTHS`: what the reference standard says of the level.
    reference : str
        A key of `REFERENCES`.
    reference_date : str
        Of the reference standard, YYYY-MM-DD; empty where unknown.
    """

    opinion_before: str = ""
    opinion_after: str = ""
    comment: str = ""
    truth: str = ""
    reference: str = ""
    reference_date: str = ""


@dataclass(frozen=True)
class KeptCase:
    """One reading that was kept.

    Attributes
    ----------
    id, patient : str
        Pseudonyms, 16 hexadecimal digits.
    study : str
        Keyed hash of the study's number; empty where unknown.
    kept_at : str
        UTC, ISO 8601.
    who, program : str
        The user; the version of the program.
    weights : str
        First digits of the SHA-256 of the weights' manifest.
    level : str
        The level in question; empty where nothing is seen or a box was read.
    zone : str
        As in `mvm_core.models.Zone`.
    reading : mapping
        The document of `mvm_core.examination_report.examination_as_dict`.
    said : Statement
    simulated : bool
        Whether a film's header says that the project's own simulator made it.
    """

    id: str
    patient: str
    study: str
    kept_at: str
    who: str
    program: str
    weights: str
    level: str
    zone: str
    reading: Mapping[str, Any] = field(repr=False)
    said: Statement
    simulated: bool = False

    @property
    def probability(self) -> float | None:
        """Probability of MVM by the leading reading; None where no level was read in full."""
        leading = self.reading.get("leading")
        return None if leading is None else float(self.reading["readings"][leading]["probability_mvm"])

    @property
    def percentile(self) -> float | None:
        """Distance from the training films as a percentile of theirs, of the farther film; None without."""
        return self._farthest("percentile")

    @property
    def distance(self) -> float | None:
        """Distance from the training films, 0 as their median and 1 as their 90th percentile; None without.

        Of the farther film. Has no upper end, so that films which all lie beyond the training films may
        still be seen to drift.
        """
        return self._farthest("distance")

    def _farthest(self, measure: str) -> float | None:
        distances = self.reading.get("distances") or {}
        return max((float(each[measure]) for each in distances.values()), default=None)


def case_of(row: Mapping[str, Any]) -> KeptCase:
    """A case from its row."""
    said = {name: row[name] for name in Statement.__dataclass_fields__}
    plain = {name: row[name] for name in KeptCase.__dataclass_fields__ if name not in ("reading", "said")}
    return KeptCase(**plain, reading=json.loads(row["reading"]), said=Statement(**said))


def zone_of(reading: Mapping[str, Any]) -> str:
    """What is said of the level in question, or that nothing was seen or read."""
    asked = reading.get("level_in_question")
    level = next((each for each in reading["levels"] if each["level"] == asked), None)
    if level is not None:
        return str(level["zone"])
    return "nothing seen" if reading["levels"] else NOT_READ


def check_statement(said: Statement) -> None:
    """See whether what is said of a case can be.

    Raises
    ------
    DatabaseError
    """
    for value, allowed in (
        (said.opinion_before, OPINIONS),
        (said.opinion_after, OPINIONS),
        (said.truth, TRUTHS),
        (said.reference, REFERENCES),
    ):
        if value not in allowed:
            raise DatabaseError(
                value,
                gettext("the record knows no such value"),
                gettext("choose one of {names}", names=", ".join(filter(None, allowed))),
            )
    if bool(said.truth) != bool(said.reference):
        raise DatabaseError(
            gettext("The reference standard"),
            gettext("what it is and what it says belong together"),
            gettext("choose both or neither"),
        )
    if said.reference_date:
        try:
            date.fromisoformat(said.reference_date)
        except ValueError:
            raise DatabaseError(
                said.reference_date, gettext("this is no date"), gettext("write it as YYYY-MM-DD")
            ) from None


def without_names(document: Mapping[str, Any]) -> dict[str, Any]:
    """A reading with films named by their view: names of files may name a patient, in warnings too."""
    films = {view: {**film, "name": f"{view} film"} for view, film in document["films"].items()}
    names = {film["name"]: films[view]["name"] for view, film in document["films"].items() if film["name"]}

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            for name in sorted(names, key=len, reverse=True):
                value = value.replace(name, names[name])
            return value
        if isinstance(value, Mapping):
            return {key: plain(each) for key, each in value.items()}
        return [plain(each) for each in value] if isinstance(value, list | tuple) else value

    told = {name: plain(document[name]) for name in ("warnings", "concerns", "missing") if name in document}
    return {**document, **told, "films": films}
