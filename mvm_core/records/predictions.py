"""The record as a table of predictions, which `validate` and the cohort page read."""

from collections.abc import Iterable

import pandas as pd

from mvm_core.cohort import PATIENT
from mvm_core.cohort.manifest import LABELS
from mvm_core.cohort.predictions import PREDICTION_COLUMNS
from mvm_core.records.case import KeptCase

SPLIT = "all"
SITE, SIMULATED = "clinic", "simulated"
"""Where a case comes from; those of simulated films are told apart."""


def real(cases: Iterable[KeptCase]) -> tuple[KeptCase, ...]:
    """Cases without those of simulated films, which say nothing of the clinic."""
    return tuple(case for case in cases if not case.simulated)


def settled(cases: Iterable[KeptCase]) -> tuple[KeptCase, ...]:
    """Cases that a reference standard calls MVM or BVF and of which a level was read in full, oldest first.

    Of several readings of one level in one study the first counts: nobody had seen an answer yet. Cases of
    simulated films count as any; `real` takes them out before.
    """
    counted: dict[tuple[str, ...], KeptCase] = {}
    for case in sorted(cases, key=lambda each: (each.kept_at, each.id)):
        if case.said.truth in LABELS and case.probability is not None:
            same = (case.patient, case.study, case.level) if case.study else (case.id,)
            counted.setdefault(same, case)
    return tuple(counted.values())


def predictions_of(cases: Iterable[KeptCase]) -> pd.DataFrame:
    """A row for each settled case and reading.

    Returns
    -------
    DataFrame
        `PREDICTION_COLUMNS` and ``patient_id``, a pseudonym; no rows where no case is settled.
    """
    rows = [
        {
            "case_id": case.id,
            "site": SIMULATED if case.simulated else SITE,
            "split": SPLIT,
            "label": case.said.truth,
            "sign": "",
            "level": case.level,
            "age": None,
            "sex": "",
            "model": name,
            "probability": result["probability_mvm"],
            "logit": result.get("logit"),
            PATIENT: case.patient,
        }
        for case in settled(cases)
        for name, result in case.reading["readings"].items()
    ]
    return pd.DataFrame(rows, columns=[*PREDICTION_COLUMNS, PATIENT])
