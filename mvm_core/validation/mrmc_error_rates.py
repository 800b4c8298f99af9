"""Type I error of the analysis over drawn null studies: python -m mvm_core.validation.mrmc_error_rates."""

import sys

import numpy as np

from mvm_core.validation.mrmc import analyse
from mvm_core.validation.mrmc_merits import AUC
from mvm_core.validation.mrmc_results import Fixed
from mvm_core.validation.mrmc_simulation import RoeMetz, draw_study
from mvm_core.validation.mrmc_study import Design

_READERS, _POSITIVES, _NEGATIVES = 6, 25, 35
TRIALS = {
    "fully crossed": (RoeMetz(), Design.CROSSED, 1, Fixed.NEITHER),
    "split plot, two groups": (RoeMetz(), Design.SPLIT_PLOT, 2, Fixed.NEITHER),
    "split plot, cases of one's own": (RoeMetz(), Design.SPLIT_PLOT, _READERS, Fixed.NEITHER),
    "readers nested": (RoeMetz(), Design.READERS_NESTED, 1, Fixed.NEITHER),
    "cases nested": (RoeMetz(), Design.CASES_NESTED, 1, Fixed.NEITHER),
    "readers fixed": (RoeMetz(reader=0, modality_reader=0), Design.CROSSED, 1, Fixed.READERS),
    "cases fixed": (RoeMetz(case=0, modality_case=0), Design.CROSSED, 1, Fixed.CASES),
}
"""Model, design, groups of readers, and what is fixed; what is fixed does not vary in the model."""


def error_rate(trial: str, studies: int, seed: int = 1) -> float:
    """Share of null studies whose modalities the area tells apart at 0.05."""
    model, design, groups, fixed = TRIALS[trial]
    rng = np.random.default_rng(seed)
    rejected = 0
    for _ in range(studies):
        drawn = draw_study(model, _READERS, _POSITIVES, _NEGATIVES, rng, design, groups)
        found = analyse(drawn, AUC, fixed=fixed).equality
        rejected += found is not None and found.p is not None and found.p < 0.05
    return rejected / studies


if __name__ == "__main__":
    for name in TRIALS:
        sys.stdout.write(f"{name}: {error_rate(name, 1000):.3f}\n")
        sys.stdout.flush()
