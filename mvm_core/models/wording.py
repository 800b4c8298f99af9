"""How figures and questions are written for people."""

from dataclasses import dataclass

HIGH_SENSITIVITY, HIGH_SPECIFICITY = "high-sensitivity point", "high-specificity point"
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
        return f"under {LEAST_SHOWN:.2f}"
    if probability > 1 - LEAST_SHOWN:
        return f"over {1 - LEAST_SHOWN:.2f}"
    return f"{probability:.2f}"


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
        "MVM against BVF",
        "metastasis or benign fracture, given that it is one of them?",
        "for MVM",
        "for BVF",
        ("BVF", "MVM"),
    ),
    "disease": QuestionWords(
        "disease",
        "is anything wrong with this vertebra?",
        "for disease",
        "against disease",
        ("intact", "diseased"),
    ),
}
"""By the names in `QUESTIONS`."""
