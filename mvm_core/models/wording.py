"""How figures and questions are written for people."""

from dataclasses import dataclass

from mvm_core.language import gettext, gettext_noop, translated

HIGH_SENSITIVITY, HIGH_SPECIFICITY = (
    gettext_noop("high-sensitivity point"),
    gettext_noop("high-specificity point"),
)
"""The two operating points between which a reading is indeterminate."""

LEAST_SHOWN = 0.01
"""No probability is written as nearer to 0 or 1 than this: nobody can be that sure."""


def probability_text(probability: float) -> str:
    """A probability to two digits, never 0.00 or 1.00.

    Parameters
    ----------
    probability : float
        In [0, 1].
    """
    if probability < LEAST_SHOWN:
        return gettext("under {least_shown:.2f}", least_shown=LEAST_SHOWN)
    if probability > 1 - LEAST_SHOWN:
        return gettext("over {most_shown:.2f}", most_shown=1 - LEAST_SHOWN)
    return f"{probability:.2f}"


def percent_text(probability: float) -> str:
    """A probability in whole per cent, never nearer to 0 or 1 than one of them.

    Parameters
    ----------
    probability : float
        In [0, 1].
    """
    if probability < LEAST_SHOWN:
        return gettext("under {least:.0%}", least=LEAST_SHOWN)
    if probability > 1 - LEAST_SHOWN:
        return gettext("over {most:.0%}", most=1 - LEAST_SHOWN)
    return f"{probability:.0%}"


def signed_text(value: float, digits: int) -> str:
    """A number with its sign, below 0 with a minus and not a hyphen; what rounds to 0 is none below it."""
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


@translated("name", "asked", "positive", "negative", "ends")
@dataclass(frozen=True)
class QuestionWords:
    """How a question of the networks, and the map that answers it, are called.

    Attributes
    ----------
    name : str
        Within a sentence.
    asked : str
        The question itself.
    positive, negative : str
        What evidence above and below 0 does: it speaks for MVM, or against disease.
    ends : tuple of str
        What stands at the lower and at the upper end of a narrow colour scale.
    """

    name: str
    asked: str
    positive: str
    negative: str
    ends: tuple[str, str]

    @property
    def title(self) -> str:
        """The name where nothing stands before it."""
        return self.name[0].upper() + self.name[1:]


QUESTION_WORDS = {
    "mvm": QuestionWords(
        gettext_noop("MVM against BVF"),
        gettext_noop("metastasis or benign fracture, given that it is one of them?"),
        gettext_noop("for MVM"),
        gettext_noop("for BVF"),
        (gettext_noop("BVF"), gettext_noop("MVM")),
    ),
    "disease": QuestionWords(
        gettext_noop("disease"),
        gettext_noop("is anything wrong with this vertebra?"),
        gettext_noop("for disease"),
        gettext_noop("against disease"),
        (gettext_noop("intact"), gettext_noop("diseased")),
    ),
}
"""By the names in `QUESTIONS`."""
