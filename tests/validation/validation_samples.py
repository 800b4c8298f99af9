"""Oracle tables of R's pROC and rms, and labels with scores at will."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

FOLDER = Path(__file__).parents[1] / "data" / "oracles"
ORACLE = json.loads((FOLDER / "oracle.json").read_text())
NAMES = ("small", "ties", "internal", "external")


def table(name: str) -> pd.DataFrame:
    """One of the oracles' tables: a label and two scores."""
    return pd.read_csv(FOLDER / f"{name}.csv")


@st.composite
def labelled_scores(draw: st.DrawFn, low: float = -5, high: float = 5) -> tuple[np.ndarray, np.ndarray]:
    """Both classes, with and without ties."""
    size = draw(st.integers(2, 40))
    labels = draw(st.lists(st.booleans(), min_size=size, max_size=size).filter(lambda x: 0 < sum(x) < size))
    coarse = draw(st.booleans())
    value = st.integers(0, 4).map(lambda k: low + (high - low) * k / 4) if coarse else st.floats(low, high)
    return np.array(labels), np.array(draw(st.lists(value, min_size=size, max_size=size)))
