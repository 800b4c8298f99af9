"""Every item of every checklist, filled from a release, not applicable, or missing."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mvm_core.evidence.fillings import FILLINGS
from mvm_core.evidence.release import Release

_HERE = Path(__file__).parent
ITEMS, CHECKLISTS, CLINICAL = "items.csv", "checklists.csv", "clinical.csv"
_NOT_HELD = "The release's files do not hold it."


class Status(StrEnum):
    """What became of an item."""

    FILLED = "filled"
    NOT_APPLICABLE = "not applicable"
    MISSING = "missing"


@dataclass(frozen=True)
class Checklist:
    """One checklist, and how its items were checked.

    Attributes
    ----------
    key, title, source : str
    verified : str
        Against what numbers and topics were compared.
    """

    key: str
    title: str
    source: str
    verified: str


@dataclass(frozen=True)
class Item:
    """One thing that a checklist asks, in words of our own.

    Attributes
    ----------
    checklist, number, section, asks : str
    filled_by : tuple of str
        Keys of filling functions.
    not_applicable : str
        The reason; empty where it applies.
    simulated_only : bool
        Whether that reason holds of weights that learnt disease from simulated films alone.
    lacks : str
        What is lacking whatever the files say; empty for nothing.
    essential : bool
        Whether that is the point of the item, which is then missing.
    """

    checklist: str
    number: str
    section: str
    asks: str
    filled_by: tuple[str, ...]
    not_applicable: str
    simulated_only: bool
    lacks: str
    essential: bool


@dataclass(frozen=True)
class FilledItem:
    """An item with its answer.

    Attributes
    ----------
    item : Item
    status : Status
    answer : str
        Lines of text from the release's files; the reason where it is not applicable; may be empty.
    missing : str
        What is missing; empty for nothing.
    files : tuple of str
        Files of the release that the answer is from.
    """

    item: Item
    status: Status
    answer: str
    missing: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Need:
    """What a clinical validation needs, and what the release has of it."""

    need: str
    why: str
    here: str


@dataclass(frozen=True)
class Pack:
    """A release's evidence pack.

    Attributes
    ----------
    identity : str
        SHA-256 of the weights' manifest.
    notice : str
    checklists : tuple of Checklist
    items : tuple of FilledItem
        In the order of the checklists.
    needs : tuple of Need
    """

    identity: str
    notice: str
    checklists: tuple[Checklist, ...]
    items: tuple[FilledItem, ...]
    needs: tuple[Need, ...]

    def of(self, checklist: Checklist) -> tuple[FilledItem, ...]:
        """The items of one checklist."""
        return tuple(each for each in self.items if each.item.checklist == checklist.key)

    def count(self, checklist: Checklist, status: Status) -> int:
        """How many items of one checklist have a status."""
        return sum(each.status is status for each in self.of(checklist))


def read_checklists() -> tuple[Checklist, ...]:
    """The checklists, in the order in which they are shown."""
    return tuple(Checklist(**row) for row in _rows(CHECKLISTS))


def read_items() -> tuple[Item, ...]:
    """All items of all checklists."""
    return tuple(
        Item(
            row["checklist"],
            row["number"],
            row["section"],
            row["asks"],
            tuple(row["filled_by"].split()),
            row["not_applicable"],
            row["simulated_only"] == "yes",
            row["lacks"],
            row["essential"] == "yes",
        )
        for row in _rows(ITEMS)
    )


def make_pack(release: Release) -> Pack:
    """Fill every item from a release.

    Raises
    ------
    WeightsError
        If a file of it is damaged.
    TableError
        If a table of it is unfit.
    """
    told = {key: _told(release, key) for key in FILLINGS}
    return Pack(
        release.weights.identity,
        release.weights.notice,
        read_checklists(),
        tuple(_filled(release, item, told) for item in read_items()),
        tuple(
            Need(row["need"], row["why"], told[row["filled_by"]][0] if row["filled_by"] else "")
            for row in _rows(CLINICAL)
        ),
    )


def _told(release: Release, key: str) -> tuple[str, str]:
    """Answer and what is missing of one filling function; one of both is empty."""
    filling = FILLINGS[key]
    absent = [file for file in filling.files if not release.has(file)]
    if absent:
        return "", f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not in the release."
    try:
        answer = filling.fill(release)
    except (KeyError, TypeError) as error:
        raise release.damaged(", ".join(filling.files), error) from None
    return answer, "" if answer else _NOT_HELD


def _filled(release: Release, item: Item, told: dict[str, tuple[str, str]]) -> FilledItem:
    if item.not_applicable and (release.simulated or not item.simulated_only):
        return FilledItem(item, Status.NOT_APPLICABLE, item.not_applicable, "", ())
    answers = [told[key][0] for key in item.filled_by if told[key][0]]
    gaps = list(dict.fromkeys(told[key][1] for key in item.filled_by if told[key][1]))
    whole = answers and not gaps and not item.essential
    status = Status.FILLED if whole else Status.MISSING
    files = dict.fromkeys(file for key in item.filled_by if told[key][0] for file in FILLINGS[key].files)
    missing = " ".join([*gaps, *([item.lacks] if item.lacks else [])])
    return FilledItem(
        item, status, "\n".join(answers), missing or ("" if answers else _NOT_HELD), tuple(files)
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(newline="") as file:
        return list(csv.DictReader(file))
