"""The study by one call: a grid of settings, each trained from several seeds, and compared."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mvm_core.calibrations import apply_calibration, disease_probabilities, fit_calibrations
from mvm_core.cohort import Case, Cohort, read_manifest
from mvm_core.cohort.questions import ASKED
from mvm_core.cohort.vertebrae import vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.files import write_atomically
from mvm_core.models.registry import LEADING, NETWORKS, SINGLE_READINGS, Layout
from mvm_core.study.effects import RULE, Scores, chosen_cell, effects_table
from mvm_core.study.grid import Cell, grid_cells
from mvm_core.study.section import EFFECTS, RECORD, RESULTS
from mvm_core.training.patches import Patches, load_patches, rows_sha256
from mvm_core.training.pool import run_units, threads_for
from mvm_core.training.ranks import refuse_torchrun
from mvm_core.training.run import claim, learnt_rows, versions
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.unit import Unit, read_logits
from mvm_core.validation import auc_with_interval

Progress = Callable[[str, int, int], None]

SPLITS = ("tune", "test")
RESULT_COLUMNS = ("cell", "seed", "split", "question", "model", "area", "low", "high", "positives", "n")
_WORK = ".run"
_VERTEBRA = ["site", "case_id", "level"]


@dataclass(frozen=True)
class StudyRequest:
    """What the study compares.

    Attributes
    ----------
    cohort : Path
        Cohort folder with the splits train, tune and test.
    also : tuple of Path
        Further cohorts that are learnt from as a whole.
    base : TrainingSettings
        What all cells have in common; its seed draws the intact vertebrae.
    seeds : tuple of int
        From which each network of each cell is trained.
    sizes : tuple of int
        Further image sizes, tried at the simplest cell.
    real : Path or None
        Folder of marked real films that are learnt from too, as in `mvm_core.training.train`.
    """

    cohort: Path
    also: tuple[Path, ...] = ()
    base: TrainingSettings = field(default_factory=TrainingSettings)
    seeds: tuple[int, ...] = (1, 2, 3)
    sizes: tuple[int, ...] = ()
    real: Path | None = None


def run_study(
    request: StudyRequest,
    out: Path,
    *,
    resume: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Train every network of every cell from every seed, equally long; compare, and choose by the tune split.

    Returns
    -------
    Path
        The study's record, ``study.json``, with its tables beside it.

    Raises
    ------
    TrainingError
        If the study cannot start, differs from the one to be resumed, or a loss is not finite.
    TableError
        With every problem of a manifest and its films.
    """
    refuse_torchrun("study")
    cohort, others = read_manifest(request.cohort), [read_manifest(folder) for folder in request.also]
    _check_splits(cohort)
    cells = grid_cells(request.base, request.sizes)
    rows = _rows(request, cohort, others)
    wanted = {
        "cohorts": [each.fingerprint for each in (cohort, *others)],
        "rows": rows_sha256(rows),
        "seeds": list(request.seeds),
        "sizes": list(request.sizes),
        **request.base.as_dict(),
    }
    claim(out / _WORK, wanted, resume=resume)
    report = progress or (lambda _title, _done, _total: None)
    start = time.monotonic()

    def cut_at(cell: Cell) -> Patches:
        return load_patches(
            cohort,
            cell.settings.preprocessing,
            out / _WORK / f"{cell.size_px}px",
            rows=rows,
            others=others,
            workers=workers,
            progress=lambda done, total: report(f"Cutting films at {cell.size_px} px", done, total),
        )

    units = _units(cells, request, out, {cell.size_px: cut_at(cell) for cell in cells}, workers)
    records = _train([unit for each in units.values() for unit in each], workers, report)
    tables = {key: _predictions(own) for key, own in units.items()}
    results = _results(tables)
    effects = effects_table(_scores(tables), cells[0].name)
    record = {
        "settings": request.base.as_dict(),
        "cells": [cell.name for cell in cells],
        "seeds": list(request.seeds),
        "reference": cells[0].name,
        "rule": RULE,
        "chosen": chosen_cell(effects, cells[0].name),
        "simulated": cohort.simulated,
        "cohorts": [
            {"sites": each.sites, "patients": len(each.cases), "fingerprint": each.fingerprint}
            for each in (cohort, *others)
        ],
        "device": records[0]["device"],
        "precision": records[0]["precision"],
        "versions": versions(),
        "training_seconds": round(sum(each["seconds"] for each in records), 1),
        "wall_seconds": round(time.monotonic() - start, 1),
        "workers": workers,
    }
    for name, table in ((RESULTS, results), (EFFECTS, effects)):
        write_atomically(out / name, table.to_csv(index=False, float_format="%.6g").encode())
    return write_atomically(out / RECORD, (json.dumps(record, indent=2) + "\n").encode())


def _check_splits(cohort: Cohort) -> None:
    absent = [split for split in ("train", *SPLITS) if not cohort.split(split)]
    if absent:
        raise TrainingError(
            str(cohort.folder),
            f"the study needs the split {' and '.join(absent)}",
            "add such cases to its manifest.csv",
        )


def _rows(request: StudyRequest, cohort: Cohort, others: Sequence[Cohort]) -> tuple[Case, ...]:
    """What is learnt from and tuned on, and the test split with as many intact levels."""
    learnt = learnt_rows(cohort, request.base, request.real, others)
    tested = vertebra_rows(
        cohort, ("test",), per_patient=request.base.intact_per_patient, seed=request.base.seed
    )
    return (*learnt, *tested)


def _units(
    cells: Sequence[Cell], request: StudyRequest, out: Path, patches: dict[int, Patches], workers: int
) -> dict[tuple[str, int], list[Unit]]:
    """The networks of each cell and seed."""
    return {
        (cell.name, seed): [
            Unit(
                f"{cell.name} seed {seed} {name}",
                name,
                cell.with_seed(seed),
                out / "cells" / cell.name / f"seed-{seed}",
                patches[cell.size_px],
                SPLITS,
                threads=threads_for(workers),
            )
            for name in request.base.networks
        ]
        for cell in cells
        for seed in request.seeds
    }


def _train(units: Sequence[Unit], workers: int, report: Progress) -> list[dict[str, Any]]:
    # Two films side by side take the longest, and so go first.
    order = sorted(units, key=lambda unit: NETWORKS[unit.network].layout is not Layout.SIDE_BY_SIDE)
    done: dict[str, float] = {}

    def tick(title: str, epochs: int, of: int) -> None:
        done[title] = epochs / of
        report("Training networks", int(sum(done.values())), len(order))

    return run_units(order, workers, tick)


def _predictions(units: Sequence[Unit]) -> pd.DataFrame:
    """Calibrated probabilities of every reading, a row for each vertebra and question."""
    logits = pd.concat([read_logits(unit) for unit in units], ignore_index=True)
    calibrations = fit_calibrations(logits[logits["split"] == "tune"])
    malignancy = apply_calibration(logits, calibrations).assign(question="mvm")
    disease = disease_probabilities(logits, calibrations).assign(question="disease")
    return pd.concat([malignancy, disease], ignore_index=True)


def _results(tables: dict[tuple[str, int], pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for (cell, seed), table in tables.items():
        for (split, question, model), own in table.groupby(["split", "question", "model"], sort=False):
            positive = ASKED[str(question)].positives(own)
            if split not in SPLITS or positive.all() or not positive.any():
                continue
            area = auc_with_interval(positive, own["probability"].to_numpy())
            counts = (int(positive.sum()), len(own))
            found = (area.auc, *(area.ci95 or (None, None)), *counts)
            rows.append((cell, seed, split, question, model, *found))
    return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))


def _scores(
    tables: dict[tuple[str, int], pd.DataFrame],
) -> dict[tuple[str, str, str], dict[str, Scores]]:
    """What the readings compared say, by split, question and reading, then by cell."""
    found: dict[tuple[str, str, str], dict[str, Scores]] = {}
    first = next(iter(tables.values()))
    for split in SPLITS:
        for question in ASKED:
            for model in _compared(first[first["question"] == question]):
                for cell in dict.fromkeys(cell for cell, _ in tables):
                    of_seeds = [
                        table[
                            table["split"].eq(split)
                            & table["question"].eq(question)
                            & table["model"].eq(model)
                        ]
                        .set_index(_VERTEBRA)
                        .sort_index()
                        for (name, _), table in tables.items()
                        if name == cell
                    ]
                    positive = ASKED[question].positives(of_seeds[0])
                    if positive.any() and not positive.all():
                        found.setdefault((split, question, model), {})[cell] = Scores(
                            positive,
                            of_seeds[0].index.get_level_values("case_id").to_numpy(str),
                            np.array([own["probability"].to_numpy(float) for own in of_seeds]),
                        )
    return found


def _compared(table: pd.DataFrame) -> list[str]:
    """The ensemble of all readings; every single reading where not all were trained."""
    named = set(table["model"])
    if LEADING in named:
        return [LEADING]
    return [name for name in SINGLE_READINGS if name in named]
