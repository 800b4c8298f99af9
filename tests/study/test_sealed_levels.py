"""Sensitivity of levels by label, and which level is asked about."""

import pandas as pd

from mvm_core.study.sealed_levels import (
    asked_at_their_own,
    healthy_alarms,
    question_levels,
    sensitivity_by_label,
)

CASES = [
    ("p1", "L1", "mvm", "pedicle"),
    ("p2", "L2", "mvm", ""),
    ("p3", "L3", "bvf", "collapse cleft"),
    ("p4", "L1", "intact", ""),
    ("p5", "L2", "bvf", ""),
]
LEVELS = [
    # p1: a metastasis with a sign, missed; a further one is asked about instead.
    ("p1", "L1", "mvm", "sign", False, False),
    ("p1", "L4", "mvm", "", True, True),
    ("p1", "L5", "intact", "", False, False),
    # p2: one without a sign, flagged and asked about; the only one.
    ("p2", "L2", "mvm", "no-sign", True, True),
    # p3: a fracture flagged, an older one missed, an intact level asked about.
    ("p3", "L3", "bvf", "", True, False),
    ("p3", "T12", "bvf", "", False, False),
    ("p3", "L5", "intact", "", True, True),
    ("p4", "L1", "intact", "", False, False),
    # p5: a fracture that shows nothing, missed.
    ("p5", "L2", "bvf", "", False, False),
]


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = ["case_id", "level", "label", "sign", "flagged", "in_question"]
    levels = pd.DataFrame(LEVELS, columns=columns).assign(site="a")
    return levels, pd.DataFrame(CASES, columns=["case_id", "level", "label", "signs"]).assign(site="a")


def test_sensitivity_tells_labels_and_further_levels_apart() -> None:
    found = sensitivity_by_label(*tables())
    assert {name: (rate.successes, rate.total) for name, rate in found.items()} == {
        "BVF, the case's own": (1, 2),
        "BVF, further levels": (0, 1),
        "MVM with a sign, the case's own": (0, 1),
        "MVM without a sign, the case's own": (1, 1),
        "MVM, further levels": (1, 1),
        "MVM or BVF with a sign, the case's own": (1, 2),
    }


def test_a_further_diseased_level_is_diseased_but_not_the_cases_own() -> None:
    found = question_levels(*tables())
    told = {
        name: [(rate.successes, rate.total) for rate in (each.own, each.diseased, each.single, each.nothing)]
        for name, each in found.items()
    }
    assert told["MVM with a sign"] == [(0, 1), (1, 1), (0, 0), (0, 1)]
    assert told["MVM without a sign"] == [(1, 1), (1, 1), (1, 1), (0, 1)]
    assert told["BVF"] == [(0, 2), (0, 2), (0, 1), (1, 2)]
    assert told["all with MVM or BVF"] == [(1, 4), (2, 4), (1, 2), (1, 4)]


def test_where_no_level_is_asked_about_none_is_right() -> None:
    levels, cases = tables()
    found = question_levels(levels.assign(in_question=False), cases)["all with MVM or BVF"]
    assert [rate.successes for rate in (found.own, found.diseased, found.single, found.nothing)] == [
        0,
        0,
        0,
        4,
    ]


def test_alarms_of_healthy_patients_are_counted_by_film_and_those_on_intact_levels_apart() -> None:
    levels, cases = tables()
    further = [
        ("p4", "L2", "other", "", True, False),
        ("p4", "L3", "intact", "", True, False),
        ("p4", "", "", "", True, False),
        ("p6", "L1", "other", "", True, True),
    ]
    levels = pd.concat([levels, pd.DataFrame(further, columns=levels.columns[:-1]).assign(site="a")])
    cases = pd.concat([cases, pd.DataFrame([("p6", "L1", "intact", "", "a")], columns=cases.columns)])
    found = healthy_alarms(levels, cases)
    assert (found.patients, found.levels, found.intact) == (2, 4 / 4, 2 / 4)
    # Nobody of another site counts, though their number be the same.
    assert healthy_alarms(levels.assign(site="b"), cases).levels == 0
    nobody = healthy_alarms(levels, cases[cases["label"] != "intact"])
    assert nobody.patients == 0
    assert nobody.levels != nobody.levels


def test_a_patient_asked_about_at_another_level_is_not_asked_about_at_the_own() -> None:
    # Of p1 and p3 another level is asked about, of p4 and p5 none.
    assert asked_at_their_own(*tables()) == {"p2"}
