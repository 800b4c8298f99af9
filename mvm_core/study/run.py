"""The study by one call: a grid of settings, each trained from several seeds, and compared."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mvm_core.cohort.questions import ASKED
from mvm_core.files import write_atomically
from mvm_core.models.registry import LEADING, SINGLE_READINGS
from mvm_core.side_by_side import Workers
from mvm_core.study.effects import RULE, Scores, chosen_cell, effects_table
from mvm_core.study.grid import Cell, grid_cells
from mvm_core.study.section import EFFECTS, RECORD, RESULTS
from mvm_core.study.trainings import (
    AREA_COLUMNS,
    SPLITS,
    Material,
    Progress,
    areas_of,
    predictions_of,
    train_units,
)
from mvm_core.training.patches import Patches
from mvm_core.training.pool import threads_for
from mvm_core.training.ranks import refuse_torchrun
from mvm_core.training.run import claim
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.unit import Unit

RESULT_COLUMNS = ("cell", "seed", *AREA_COLUMNS)
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
    workers: Workers = 1,
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
    material = Material.open(request.cohort, request.also, request.base, request.real)
    cells = grid_cells(request.base, request.sizes)
    claim(out / _WORK, material.claimed(request.base, request.seeds, request.sizes), resume=resume)
    report = progress or (lambda _title, _done, _total: None)
    start = time.monotonic()

    def cut_at(cell: Cell) -> Patches:
        return material.cut(
            cell.settings.preprocessing,
            out / _WORK / f"{cell.size_px}px",
            workers,
            lambda done, total: report(f"Cutting films at {cell.size_px} px", done, total),
        )

    units = _units(cells, request, out, {cell.size_px: cut_at(cell) for cell in cells}, workers)
    records = train_units([unit for each in units.values() for unit in each], workers, report)
    tables = {key: predictions_of(own) for key, own in units.items()}
    results = pd.DataFrame(
        [(*key, *row) for key, table in tables.items() for row in areas_of(table)],
        columns=list(RESULT_COLUMNS),
    )
    effects = effects_table(_scores(tables), cells[0].name)
    record = {
        **material.told(request.base, request.seeds, records),
        "cells": [cell.name for cell in cells],
        "reference": cells[0].name,
        "rule": RULE,
        "chosen": chosen_cell(effects, cells[0].name),
        "precision": records[0]["precision"],
        "wall_seconds": round(time.monotonic() - start, 1),
        "workers": workers if isinstance(workers, int) else "engine",
    }
    for name, table in ((RESULTS, results), (EFFECTS, effects)):
        write_atomically(out / name, table.to_csv(index=False, float_format="%.6g").encode())
    return write_atomically(out / RECORD, (json.dumps(record, indent=2) + "\n").encode())


def _units(
    cells: Sequence[Cell], request: StudyRequest, out: Path, patches: dict[int, Patches], workers: Workers
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
