"""A study file: what it says, and every fault of it at once."""

from pathlib import Path

import pytest
from conftest import Make, study_text

from mvm_core.errors import TableError
from mvm_core.reader_study.plan import Design, StudyPlan
from mvm_core.reader_study.study_file import read_study_file


def problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        read_study_file(path)
    assert caught.value.subject == path.name
    return list(caught.value.problems)


def test_a_file_says_what_the_study_is(plan: StudyPlan) -> None:
    assert plan.design is Design.SEQUENTIAL
    labels = [each.case.label for each in plan.cases]
    assert (labels.count("mvm"), labels.count("bvf")) == (4, 4)
    assert not {each.case.case_id for each in plan.cases} & {each.case.case_id for each in plan.practice}
    assert len(plan.practice) == 2
    assert plan.cases[0].true_levels == ("L2",)
    assert plan.simulated
    assert not plan.marked
    assert plan.database.startswith("sqlite:////")
    assert "code" not in repr(plan)


def test_every_fault_is_told_at_once(make_file: Make) -> None:
    text = study_text(
        readers=2,
        head='design = "crossover"\nquestions = ["level", "age"]\nmarked = true\nlongest_seconds = 2\n'
        'shortest_seconds = 5\nmaps = true\nmap = "yes"',
        cases='mvm = 40\nbvf = 4\nsplits = ["tset"]\n',
    ).replace('"Reader 1"\ncode = "code-1"', '"Reader 0"\ncode = "chief-code"')
    assert problems(make_file(text)) == [
        "washout_days is missing, which a crossover needs",
        "question 'age' is none of level, probability, sign, mri",
        "the question probability is missing, without which there is no analysis",
        "the level is asked for, and a box marks it: take out one of both",
        "longest_seconds is not above shortest_seconds, so no case could be answered",
        "map is neither true nor false",
        "reader Reader 0 is there twice",
        "one code is given to Reader 0, the organiser: each needs one of his own",
        "cases of the split 'tset' there are none",
        "40 cases of mvm are wanted, and the cohort has 0 to choose from",
        "4 cases of bvf are wanted, and the cohort has 0 to choose from",
        "maps is not known",
    ]


def test_cases_without_truth_unknown_and_twice(make_file: Make) -> None:
    named = 'names = ["c000", "c001", "c016", "c000", "nobody"]'
    assert problems(make_file(study_text(cases=named))) == [
        "case 'c016' has no truth: it is known as neither MVM nor BVF",
        "case 'c000' is there twice",
        "case 'nobody' is not in the cohort",
        "the study has too few cases of BVF for its design: 0, and 2 are the least",
    ]


def test_too_few_readers_and_cases_for_a_split_plot(make_file: Make) -> None:
    text = study_text(readers=3, head='assignment = "split-plot"\n', cases="mvm = 3\nbvf = 4")
    assert problems(make_file(text)) == [
        "group 2 has too few readers for its design: 1, and 2 are the least",
        "group 2 has too few cases of MVM for its design: 1, and 2 are the least",
    ]


def test_a_split_plot_deals_cases_and_readers_to_groups(make_file: Make) -> None:
    text = study_text(readers=4, head='assignment = "split-plot"\n')
    plan = read_study_file(make_file(text))
    assert sorted(reader.group for reader in plan.readers) == [0, 0, 1, 1]
    assert sorted((each.group, each.case.label) for each in plan.cases) == [
        (group, label) for group in (0, 1) for label in ("bvf", "bvf", "mvm", "mvm")
    ]


def test_no_file_no_toml_no_cohort(tmp_path: Path, make_file: Make) -> None:
    assert problems(tmp_path / "none.toml")[0].startswith("it cannot be read")
    assert problems(make_file("title = ")) != []
    path = make_file(study_text().replace('"cohort"', '"nowhere"'))
    assert any("there is no such file" in told for told in problems(path))


def test_fingerprint_changes_with_what_answers_depend_on_and_not_with_a_code(make_file: Make) -> None:
    first = read_study_file(make_file()).fingerprint
    assert read_study_file(make_file(study_text().replace("code-1", "another"))).fingerprint == first
    for text in (
        study_text().replace("seed = 5", "seed = 6"),
        study_text(readers=4),
        study_text(head="map = false\n"),
        study_text(cases="mvm = 3\nbvf = 4"),
    ):
        assert read_study_file(make_file(text)).fingerprint != first


def test_the_documented_file_is_a_study(make_file: Make) -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "reader_study.md").read_text()
    plan = read_study_file(make_file(document.split("```toml\n")[1].split("```")[0]))
    assert [reader.name for reader in plan.readers] == ["Reader A", "Reader B"]
    assert len(plan.cases) == 4
    assert plan.washout_days == 28
