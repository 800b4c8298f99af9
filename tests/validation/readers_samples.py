"""The oracles' study of five readers, and studies drawn by Roe and Metz's model."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from mvm_core.validation.mrmc_study import ReaderStudy

FOLDER = Path(__file__).parents[1] / "data" / "mrmc"


def oracle_study() -> ReaderStudy:
    with (FOLDER / "mrmc.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    modalities, readers, cases = (
        list(dict.fromkeys(row[key] for row in rows)) for key in ("modality", "reader", "case")
    )
    shape = (len(modalities), len(readers), len(cases))
    ratings, called = np.full(shape, np.nan), np.zeros(shape, bool)
    truth = np.zeros(len(cases), bool)
    for row in rows:
        at = (
            modalities.index(row["modality"]),
            readers.index(row["reader"]),
            cases.index(row["case"]),
        )
        ratings[at], called[at] = float(row["rating"]), row["positive"] == "1"
        truth[at[2]] = row["truth"] == "1"
    return ReaderStudy(tuple(modalities), tuple(readers), tuple(cases), truth, ratings, called)


def oracle_figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "mrmc.json").read_text())
    return found
