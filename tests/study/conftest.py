"""A predictions table with known truth, and one thread for training."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import torch

from mvm_core.cohort import PREDICTION_COLUMNS
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.training.calibration import apply_calibration, calibrate


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


def logits_table(skill: float, seed: int) -> pd.DataFrame:
    """Logits of all single readings on three splits; a greater skill sets the classes further apart."""
    draw = np.random.default_rng(seed)
    rows = []
    for split, site in (("tune", "a"), ("test", "a"), ("external", "b")):
        for number in range(60):
            label = "mvm" if number % 3 == 0 else "bvf"
            sign = ("sign", "no-sign")[number % 2] if label == "mvm" else ""
            shared = draw.normal()
            for name in SINGLE_READINGS:
                logit = skill * (label == "mvm") + 0.7 * shared + draw.normal() - 0.5
                rows.append(
                    (f"{split}{number}", site, split, label, sign, "L1", 60.0, "F", name, np.nan, logit)
                )
    return pd.DataFrame(rows, columns=list(PREDICTION_COLUMNS))


@pytest.fixture(scope="package")
def good() -> pd.DataFrame:
    table = logits_table(2.0, 1)
    return apply_calibration(table, calibrate(table[table["split"] == "tune"]))


@pytest.fixture(scope="package")
def poor() -> pd.DataFrame:
    table = logits_table(0.8, 2)
    return apply_calibration(table, calibrate(table[table["split"] == "tune"]))
