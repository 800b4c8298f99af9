"""How figures are written for people."""

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
