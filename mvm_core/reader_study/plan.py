"""What a reader study is: its cases, readers, design, questions and limits of time."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mvm_core.cohort import Case
from mvm_core.language import gettext, gettext_noop

UNAIDED, AIDED = "unaided", "aided"
MODALITIES = (UNAIDED, AIDED)
"""Without and with the model's answer; these names stand in the table of answers."""

MODALITY_TITLES = {
    UNAIDED: gettext_noop("without the model's answer"),
    AIDED: gettext_noop("with the model's answer"),
}

LEVEL, PROBABILITY, SIGN, MRI = "level", "probability", "sign", "mri"
QUESTIONS = (LEVEL, PROBABILITY, SIGN, MRI)
"""What can be asked of a case."""


class Design(StrEnum):
    """In which order a reader reads a case without and with the model's answer."""

    SEQUENTIAL = "unaided-then-aided"
    CROSSOVER = "crossover"

    @property
    def said(self) -> str:
        """The design in words."""
        return gettext(_SAID[self])


_SAID = {
    Design.SEQUENTIAL: gettext_noop("each case without the model's answer and then, at once, with it"),
    Design.CROSSOVER: gettext_noop(
        "two parts with a wash-out between them: in each, half of the cases with the model's answer and half "
        "without, the other way round in the second"
    ),
}


@dataclass(frozen=True)
class StudyReader:
    """A reader of a study.

    Attributes
    ----------
    name : str
        As it stands in the table of answers.
    code : str
        Said at the door.
    group : int
        From 0; more than one in a split plot alone.
    """

    name: str
    code: str = field(repr=False)
    group: int = 0


@dataclass(frozen=True)
class StudyCase:
    """A case of a study.

    Attributes
    ----------
    case : Case
        With its truth, which no reader's page is given before the answer to a practice case is locked.
    true_levels : tuple of str
        All diseased levels.
    group : int
        Of the readers who read it.
    """

    case: Case = field(repr=False)
    true_levels: tuple[str, ...] = field(repr=False)
    group: int = 0


@dataclass(frozen=True)
class StudyPlan:
    """A study as its file lays it down.

    Attributes
    ----------
    path : Path
        Of the file.
    title : str
    design : Design
    split_plot : bool
        Whether each group of readers reads cases of its own; else all read all.
    washout_days : float
        Least time between a reader's last answer of the first part and the second part of a crossover.
    seed : int
        Of all that is drawn: cases, groups, orders.
    readers : tuple of StudyReader
    cases, practice : tuple of StudyCase
        By name; those of practice are read first, with the truth after each.
    simulated : bool
        Whether all films are simulated.
    questions : tuple of str
        Of `QUESTIONS`, ``probability`` among them.
    show_map : bool
        Whether the model's map lies over the films beside its answer.
    marked : bool
        Whether a box marks the vertebra in question.
    shortest_s, longest_s : float
        No answer counts before the first, in seconds since the films came up; after the second the films are
        covered. Longest is infinite where the file names none.
    organiser_code : str
    database : str
        URL of where answers go.
    fingerprint : str
        SHA-256 of all that an answer depends on, in hexadecimal digits; kept with the answers.
    idle_after_s : float
        A stretch without pointer or key that lasts longer counts as idle.
    """

    path: Path
    title: str
    design: Design
    split_plot: bool
    washout_days: float
    seed: int
    readers: tuple[StudyReader, ...]
    cases: tuple[StudyCase, ...] = field(repr=False)
    practice: tuple[StudyCase, ...] = field(repr=False)
    simulated: bool
    questions: tuple[str, ...]
    show_map: bool
    marked: bool
    shortest_s: float
    longest_s: float
    organiser_code: str = field(repr=False)
    database: str = field(repr=False)
    fingerprint: str
    idle_after_s: float = 30.0

    def case(self, case_id: str) -> StudyCase:
        """One of the cases, or of those for practice, by its name."""
        return next(each for each in (*self.cases, *self.practice) if each.case.case_id == case_id)

    def reader(self, name: str) -> StudyReader:
        """One of the readers by name."""
        return next(each for each in self.readers if each.name == name)
