"""The answers of a study as tables: one that `validate-readers` reads, one with all that was asked."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mvm_core.cohort.reader_answers import FURTHER_ANSWERS, NEEDED_ANSWERS
from mvm_core.reader_study.answer import Calibration, GivenAnswer
from mvm_core.reader_study.lists import PRACTICE
from mvm_core.reader_study.plan import LEVEL, StudyPlan

_SHORTEST_S = 0.1
"""No time in the table is shorter, since its logarithm is taken."""


def answers_table(plan: StudyPlan, given: Sequence[GivenAnswer]) -> pd.DataFrame:
    """The answers that count, in the form of `mvm_core.cohort.reader_answers.read_answers`.

    Ratings are probabilities of MVM in [0, 1]; ``seconds`` is the time at the films less idle time;
    ``advice`` is there in the aided modality alone, levels only where they were asked for.
    """
    rows = []
    for each in given:
        if each.part == PRACTICE:
            continue
        case = plan.case(each.case_id)
        row: dict[str, object] = {
            "reader": each.reader,
            "modality": each.modality,
            "case": each.case_id,
            "truth": case.case.label,
            "rating": each.answer.probability / 100,
            "seconds": max(_SHORTEST_S, round(each.clock.seconds - each.clock.idle_seconds, 1)),
            "advice": each.advice,
        }
        if LEVEL in plan.questions:
            row |= {"level": each.answer.level, "true_level": " ".join(case.true_levels)}
        rows.append(row)
    asked = LEVEL in plan.questions
    columns = [
        name for name in (*NEEDED_ANSWERS, *FURTHER_ANSWERS)
        if name != "positive" and (asked or name not in ("level", "true_level"))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def screens_table(screens: Mapping[str, Sequence[Calibration]]) -> pd.DataFrame:
    """The screens that readers set up, by reader, each as it stood from then on; the newest last."""
    rows = [
        {"reader": reader, "screen": number, **vars(each)}
        for reader, own in screens.items()
        for number, each in enumerate(own, 1)
    ]
    return pd.DataFrame(rows, columns=["reader", "screen", *Calibration.__dataclass_fields__])


def everything_table(plan: StudyPlan, given: Sequence[GivenAnswer]) -> pd.DataFrame:
    """All answers with all that is kept of them, practice included."""
    return pd.DataFrame(
        {
            "reader": each.reader,
            "group": plan.reader(each.reader).group + 1,
            "place": each.place + 1,
            "part": "practice" if each.part == PRACTICE else str(each.part),
            "modality": each.modality,
            "case": each.case_id,
            "truth": plan.case(each.case_id).case.label,
            "true_level": " ".join(plan.case(each.case_id).true_levels),
            "probability_percent": each.answer.probability,
            "level": each.answer.level,
            "sign": each.answer.sign,
            "mri": each.answer.mri,
            "advice": each.advice,
            "seconds": each.clock.seconds,
            "idle_seconds": each.clock.idle_seconds,
            "interruptions": each.clock.interruptions,
            "given_at": pd.Timestamp(each.given_at, unit="s", tz="UTC").isoformat(timespec="seconds"),
        }
        for each in given
    )
