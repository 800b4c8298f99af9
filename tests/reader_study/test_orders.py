"""Orders of reading: every reader every case once a modality, early and late shared out evenly."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvm_core.cohort import Case
from mvm_core.reader_study.choice import in_groups
from mvm_core.reader_study.lists import PRACTICE, reading_lists
from mvm_core.reader_study.order import balanced_orders, deal, latin_rows
from mvm_core.reader_study.plan import AIDED, MODALITIES, UNAIDED, Design, StudyCase, StudyPlan, StudyReader

SEEDS = st.integers(0, 2**31)


def case(name: str, label: str) -> StudyCase:
    known = Case(name, "a", "test", label, "", "L1", None, "", "simulated", Path("film"), None)
    return StudyCase(known, ("L1",))


def plan_of(
    design: Design, readers: int, mvm: int, bvf: int, seed: int, groups: int = 1, practice: int = 0
) -> StudyPlan:
    cases = tuple(
        case(f"{label}{n}", label) for label, many in (("mvm", mvm), ("bvf", bvf)) for n in range(many)
    )
    return StudyPlan(
        path=Path("study.toml"), title="", design=design, split_plot=groups > 1, washout_days=0, seed=seed,
        readers=tuple(StudyReader(f"r{n}", f"code{n}", n % groups) for n in range(readers)),
        cases=in_groups(cases, groups, np.random.default_rng(seed)) if groups > 1 else cases,
        practice=tuple(case(f"p{n}", "mvm") for n in range(practice)),
        simulated=True, questions=("probability",), show_map=True, marked=True, shortest_s=0, longest_s=99,
        organiser_code="", database="", fingerprint="",
    )  # fmt: skip


PLANS = st.builds(
    plan_of,
    design=st.sampled_from(list(Design)),
    readers=st.integers(2, 9),
    mvm=st.integers(2, 9),
    bvf=st.integers(2, 9),
    seed=SEEDS,
    groups=st.integers(1, 2),
    practice=st.integers(0, 3),
)


@settings(max_examples=60, deadline=None)
@given(plan=PLANS)
def test_every_reader_reads_every_case_of_his_group_once_a_modality(plan: StudyPlan) -> None:
    lists = reading_lists(plan)
    for reader in plan.readers:
        own = [each for each in lists[reader.name] if each.part != PRACTICE]
        wanted = {each.case.case_id for each in plan.cases if each.group == reader.group}
        assert Counter((each.case_id, each.modality) for each in own) == Counter(
            (name, modality) for name in wanted for modality in MODALITIES
        )
        assert [each.place for each in lists[reader.name]] == list(range(len(lists[reader.name])))
        assert {each.case_id for each in lists[reader.name][: len(plan.practice)]} <= {
            each.case.case_id for each in plan.practice
        } | wanted
    assert lists == reading_lists(plan)


@settings(max_examples=60, deadline=None)
@given(plan=PLANS)
def test_unaided_is_never_read_after_aided_at_once_and_a_crossover_reads_each_case_once_a_part(
    plan: StudyPlan,
) -> None:
    for own in reading_lists(plan).values():
        counted = [each for each in own if each.part != PRACTICE]
        if plan.design is Design.SEQUENTIAL:
            for first, second in zip(counted[::2], counted[1::2], strict=True):
                assert first.case_id == second.case_id
                assert (first.modality, second.modality) == (UNAIDED, AIDED)
        else:
            for part in (1, 2):
                cases = [each.case_id for each in counted if each.part == part]
                assert len(set(cases)) == len(cases)
            assert [each.part for each in counted] == sorted(each.part for each in counted)


@settings(max_examples=60, deadline=None)
@given(plan=PLANS.filter(lambda plan: plan.design is Design.CROSSOVER))
def test_in_a_crossover_each_case_is_read_aided_in_the_first_part_by_half_of_the_readers(
    plan: StudyPlan,
) -> None:
    lists = reading_lists(plan)
    for each in plan.cases:
        aided_first = [
            reading.part == 1
            for reader in plan.readers
            if reader.group == each.group
            for reading in lists[reader.name]
            if reading.case_id == each.case.case_id and reading.modality == AIDED
        ]
        assert abs(2 * sum(aided_first) - len(aided_first)) <= 1
    for reader, own in lists.items():
        first = [each.modality for each in own if each.part == 1]
        assert abs(2 * first.count(AIDED) - len(first)) <= 2, reader


@settings(max_examples=80, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["mvm", "bvf"]), min_size=2, max_size=40),
    readers=st.integers(1, 12),
    seed=SEEDS,
)
def test_each_case_is_read_early_and_late_equally_often(kinds: list[str], readers: int, seed: int) -> None:
    orders = balanced_orders(kinds, readers, np.random.default_rng(seed))
    blocks = min(readers, len(kinds))
    sizes = len(kinds) // blocks
    assert all(sorted(order) == list(range(len(kinds))) for order in orders)
    # blocks differ in size by one, so a case of the k-th block in a list stands near k times the size
    for place in range(len(kinds)):
        at = [order.index(place) for order in orders]
        if len(kinds) % blocks == 0 and readers % blocks == 0:
            parts = Counter(where // sizes for where in at)
            assert set(parts.values()) == {readers // blocks}
            assert len(parts) == blocks


def test_the_check_of_balance_finds_an_order_that_is_the_same_for_all() -> None:
    same = [list(range(6))] * 3
    assert Counter(order.index(0) // 2 for order in same) == {0: 3}


@settings(max_examples=60, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=40),
    hands=st.integers(1, 9),
    seed=SEEDS,
)
def test_dealt_hands_differ_by_one_at_most_in_size_and_in_each_kind(
    kinds: list[str], hands: int, seed: int
) -> None:
    dealt = deal(kinds, hands, np.random.default_rng(seed))
    assert sorted(place for hand in dealt for place in hand) == list(range(len(kinds)))
    for kind in ("a", "b", "c"):
        counts = [sum(kinds[place] == kind for place in hand) for hand in dealt]
        assert max(counts) - min(counts) <= 1
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


@pytest.mark.parametrize("size", range(1, 11))
def test_latin_square_has_each_thing_once_in_each_column_and_balanced_neighbours_where_even(
    size: int,
) -> None:
    rows = latin_rows(size)
    for column in zip(*rows, strict=True):
        assert sorted(column) == list(range(size))
    assert all(sorted(row) == list(range(size)) for row in rows)
    if size % 2 == 0:
        follows = Counter(pair for row in rows for pair in pairwise(row))
        assert set(follows.values()) == {1}


def test_another_seed_draws_another_order() -> None:
    plan = plan_of(Design.SEQUENTIAL, 2, 6, 6, 1)
    assert reading_lists(plan) != reading_lists(replace(plan, seed=2))
