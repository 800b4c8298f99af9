"""Effects of settings: intervals over patients and seeds, Holm, and the rule of choice."""

import numpy as np
import pandas as pd
import pytest

from mvm_core.errors import ValidationError
from mvm_core.study.effects import Scores, chosen_cell, compare, effects_table

N, SEEDS = 240, 3


def scores(skill: float, scatter: float, seed: int) -> Scores:
    """Networks of a skill that differs by seed, on the same patients."""
    patients = np.random.default_rng(0)
    positive = np.arange(N) % 3 == 0
    shared = patients.normal(size=N)
    draw = np.random.default_rng(seed)
    rows = [
        (skill + scatter * draw.normal()) * positive + shared + 0.5 * draw.normal(size=N)
        for _ in range(SEEDS)
    ]
    return Scores(positive, np.array([f"p{i}" for i in range(N)]), np.array(rows))


def test_a_cell_is_no_better_than_itself() -> None:
    one = scores(1.0, 0.2, 1)
    effect = compare(one, one)
    assert effect.areas[0] == effect.areas[1]
    assert effect.interval is not None
    assert effect.interval[0] < 0 < effect.interval[1]
    assert effect.p > 0.8


def test_a_clear_difference_is_seen() -> None:
    effect = compare(scores(2.0, 0.05, 1), scores(0.5, 0.05, 2))
    assert effect.interval is not None
    assert effect.interval[0] > 0
    assert effect.p < 0.01


def test_scatter_of_the_seeds_widens_the_interval() -> None:
    """What patients alone would call better is not, where the seeds differ as much among themselves."""
    quiet = compare(scores(1.2, 0.0, 1), scores(0.9, 0.0, 2))
    loud = compare(scores(1.2, 0.8, 1), scores(0.9, 0.8, 2))
    assert quiet.interval is not None
    assert loud.interval is not None
    assert np.ptp(loud.interval) > 1.5 * np.ptp(quiet.interval)


def test_vertebrae_of_one_patient_are_drawn_together() -> None:
    alone = scores(1.0, 0.0, 1)
    doubled = [
        Scores(np.repeat(each.positive, 4), np.repeat(each.patients, 4), np.repeat(each.scores, 4, axis=1))
        for each in (alone, scores(0.6, 0.0, 2))
    ]
    single = compare(alone, scores(0.6, 0.0, 2))
    again = compare(*doubled)
    assert single.interval is not None
    assert again.interval is not None
    # Four copies of each patient tell no more than one.
    assert np.ptp(again.interval) == pytest.approx(np.ptp(single.interval), rel=0.15)


def test_cells_of_other_vertebrae_cannot_be_compared() -> None:
    one = scores(1.0, 0.0, 1)
    other = Scores(one.positive, one.patients[::-1], one.scores)
    with pytest.raises(ValidationError, match="same vertebrae"):
        compare(one, other)


def test_p_is_adjusted_over_all_comparisons_of_a_split() -> None:
    cells = {"simple": scores(0.9, 0.05, 1), "b": scores(1.2, 0.05, 2), "c": scores(0.95, 0.05, 3)}
    keys = [(split, question, "all-views") for split in ("tune", "test") for question in ("mvm", "disease")]
    table = effects_table(dict.fromkeys(keys, cells), "simple")
    assert len(table) == 8
    least = table[table["split"] == "tune"]["p"].min()
    assert table[table["split"] == "tune"]["p_holm"].min() == pytest.approx(min(1.0, 4 * least))


def effect_row(cell: str, question: str, difference: float, p_holm: float, split: str = "tune") -> dict:
    return {"split": split, "cell": cell, "question": question, "difference": difference, "p_holm": p_holm}


def test_the_simplest_cell_stays_unless_another_is_better_beyond_chance() -> None:
    kept = [effect_row("b", "mvm", 0.05, 0.06), effect_row("b", "disease", 0.01, 0.5)]
    assert chosen_cell(pd.DataFrame(kept), "simple") == "simple"
    better = [effect_row("b", "mvm", 0.05, 0.04), effect_row("b", "disease", 0.01, 0.5)]
    assert chosen_cell(pd.DataFrame(better), "simple") == "b"
    torn = [effect_row("b", "mvm", 0.05, 0.01), effect_row("b", "disease", -0.04, 0.01)]
    assert chosen_cell(pd.DataFrame(torn), "simple") == "simple"
    elsewhere = [effect_row("b", "mvm", 0.05, 0.01, "test"), effect_row("b", "mvm", 0.0, 0.9)]
    assert chosen_cell(pd.DataFrame(elsewhere), "simple") == "simple"
