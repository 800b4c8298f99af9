"""What passes between a reader's window and the store of a study."""

import math
from dataclasses import dataclass, field

from mvm_core.errors import ReaderStudyError
from mvm_core.language import gettext
from mvm_core.reader_study.plan import LEVEL, MRI, PROBABILITY, SIGN, StudyPlan
from mvm_core.spine import LEVELS

NO_LEVEL = ""
"""Said where a reader points at no level."""


@dataclass(frozen=True)
class Sitting:
    """A window in which a reader reads.

    Attributes
    ----------
    reader : str
    token : str
        Known to this window alone.
    """

    reader: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Clock:
    """How long the films of one reading have been in sight, interruptions left out.

    Attributes
    ----------
    seconds : float
        In all.
    idle_seconds : float
        Of these, in stretches without pointer or key longer than the plan's ``idle_after_s``.
    interruptions : int
        How often the window was left, or the clock stopped, and the reading gone on with.
    """

    seconds: float = 0.0
    idle_seconds: float = 0.0
    interruptions: int = 0


@dataclass(frozen=True)
class Answer:
    """What a reader says of a case; None where it was not asked.

    Attributes
    ----------
    probability : float
        Of MVM, in percent.
    level : str or None
        The level pointed at; `NO_LEVEL` for none.
    sign : bool or None
        Whether a sign of metastasis is seen.
    mri : bool or None
        Whether the reader would order MRI.
    """

    probability: float
    level: str | None = None
    sign: bool | None = None
    mri: bool | None = None


@dataclass(frozen=True)
class Calibration:
    """A screen as its reader set it up.

    Attributes
    ----------
    pixels_per_mm : float
        CSS pixels for a millimetre, by a credit card held against the screen.
    device_pixel_ratio : float
        Physical pixels for a CSS pixel, as the browser tells it.
    screen_width, screen_height : int
        Of the whole screen in CSS pixels, as the browser tells it.
    dark_seen, bright_seen : bool
        Whether the patches of 5 % and 95 % are told from their surroundings.
    """

    pixels_per_mm: float
    device_pixel_ratio: float
    screen_width: int
    screen_height: int
    dark_seen: bool
    bright_seen: bool


@dataclass(frozen=True)
class GivenAnswer:
    """An answer that is locked.

    Attributes
    ----------
    reader : str
    place, part : int
        As in the reader's list.
    case_id, modality : str
    answer : Answer
    advice : float or None
        The model's probability of MVM that was shown, in [0, 1].
    clock : Clock
    given_at : float
        Seconds since 1970.
    """

    reader: str
    place: int
    part: int
    case_id: str
    modality: str
    answer: Answer
    advice: float | None
    clock: Clock
    given_at: float


def check_answer(plan: StudyPlan, answer: Answer) -> None:
    """See that an answer says what the study asks, no more and no less.

    Raises
    ------
    ReaderStudyError
        If it does not.
    """
    said = {LEVEL: answer.level, PROBABILITY: answer.probability, SIGN: answer.sign, MRI: answer.mri}
    for name, value in said.items():
        if (value is None) == (name in plan.questions):
            problem = gettext("it is not answered") if value is None else gettext("it was not asked")
            raise ReaderStudyError(
                gettext("Question {name}", name=name), problem, gettext("answer what the page asks")
            )
    if not (math.isfinite(answer.probability) and 0 <= answer.probability <= 100):
        raise ReaderStudyError(
            gettext("Probability {value}", value=answer.probability),
            gettext("it is not between 0 and 100"),
            gettext("choose one on the scale"),
        )
    if answer.level not in (None, NO_LEVEL, *LEVELS):
        raise ReaderStudyError(
            gettext("Level {level}", level=answer.level),
            gettext("there is none of that name"),
            gettext("choose one of the list"),
        )
