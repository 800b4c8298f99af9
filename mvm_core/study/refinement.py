"""A step after a study: its release trained again for finer evidence maps, kept where no area is lost."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.errors import TrainingError
from mvm_core.explain.scorecard import FILE
from mvm_core.files import write_atomically
from mvm_core.models.weights import MANIFEST
from mvm_core.study.cells import (
    WEIGHTS,
    Progress,
    cell_record,
    cost_of,
    open_run,
    predict_cell,
    release_cell,
    train_cells,
    write_tables,
)
from mvm_core.study.choice import merit
from mvm_core.study.comparisons import comparisons_table, readings_compared
from mvm_core.study.finished import FinishedStudy, read_finished
from mvm_core.study.grid import Cell
from mvm_core.study.inputs import read_cohorts
from mvm_core.study.results import results_table
from mvm_core.training.ranks import refuse_torchrun

TOLERANCE = 0.005
_NAMED = {
    "output_stride": "stride",
    "evidence_weight": "evidence",
    "shift_mm": "shift",
    "epochs": "epochs",
    "learning_rate": "rate",
    "steps": "steps",
    "intact_share": "intact",
    "real_share": "real",
    "intact_per_patient": "levels",
    "strength": "strength",
}
"""Settings that a refined cell's name tells where they differ, and the word for each."""


@dataclass(frozen=True)
class RefinementRequest:
    """What is trained again, and what it may cost.

    Attributes
    ----------
    internal, external : Path
        The study's cohort folders.
    study : Path
        Weights folder of the finished study.
    changes : mapping of str to object
        Settings that replace those of the release, by their names in `TrainingSettings`; without ``init`` the
        training starts from the weights of `study`.
    audited : int
        Test patients of the shortcut audit, for simulated cohorts.
    tolerance : float
        Greatest loss of merit on the tune split at which the finer maps are released, as an area; a negative
        one asks for a gain.
    real : Path or None
        Folder of marked real films that are learnt from too.
    """

    internal: Path
    external: Path
    study: Path
    changes: Mapping[str, Any]
    audited: int = 60
    tolerance: float = TOLERANCE
    real: Path | None = None


def run_refinement(
    request: RefinementRequest,
    out: Path,
    *,
    resume: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train the release again, compare both, and release the finer one where it costs no area.

    Parameters
    ----------
    request : RefinementRequest
    out : Path
        Gets ``cells/``, ``weights/`` (the release, new or as before) and the tables with the new cell.
    resume : bool
        Go on with a refinement of the same request; tolerance and audit may differ.
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with what is done, how much of it is, and how much there is.

    Returns
    -------
    dict
        The section ``refinement`` of the record.

    Raises
    ------
    WeightsError
        If the study's folder is not a complete weights folder.
    TrainingError
        If it holds no finished study of these cohorts, the training cannot start, differs from the one to be
        resumed, or a loss is not finite.
    TableError
        With every problem of a manifest and its films.
    """
    refuse_torchrun("refine")
    before = read_finished(request.study)
    if (out / WEIGHTS).resolve() == request.study.resolve():
        raise TrainingError(
            str(out), "its folder weights is the one to be refined", "name another folder with --out"
        )
    cohorts = read_cohorts(request.internal, request.external)
    before.check_cohorts(*cohorts)
    cell = _refined(before, request)
    wanted = {"study": before.weights.identity, **cell.settings.as_dict()}
    run = open_run(
        out,
        cohorts,
        request.real,
        request.audited,
        wanted,
        resume=resume,
        workers=workers,
        progress=progress,
    )
    records = train_cells(run, [cell])
    table = predict_cell(run, cell)
    merits = {"before": merit(before.predictions), "after": merit(table)}
    kept = merits["after"] >= merits["before"] - request.tolerance
    record = before.record | {
        "cells": {**before.record["cells"], cell.name: cell_record(records[cell.name], table)},
        "chosen": before.record.get("chosen", before.released),
    }
    comparisons = [before.comparisons]
    if kept:
        record["released"] = cell.name
        record.pop("audit", None)
        release_cell(run, cell, records[cell.name], record)
        _copy(before.weights.folder, out / WEIGHTS, (FILE,))
        lasting = before.comparisons["test"].isin(["settings", "maps"])
        comparisons = [comparisons_table({cell.name: table}, cell.name), before.comparisons[lasting]]
    else:
        names = [path.name for path in before.weights.folder.iterdir() if path.is_file()]
        (out / WEIGHTS / MANIFEST).unlink(missing_ok=True)
        # Without its manifest, half a copy does not load.
        _copy(before.weights.folder, out / WEIGHTS, sorted(names, key=MANIFEST.__eq__))
    comparisons.append(readings_compared((cell.name, table), (before.released, before.predictions)))
    record["refinement"] = {
        "from": before.released,
        "to": cell.name,
        "weights_from": before.weights.identity,
        "weights_to": record["weights"] if kept else None,
        "kept": kept,
        "tolerance": request.tolerance,
        "tune_merit": merits,
        "settings": _differing(before, cell),
        "cost": cost_of(run.clock, records),
        "workers": workers,
    }
    results = pd.concat([before.results, results_table({cell.name: table})], ignore_index=True)
    write_tables(run, results, pd.concat(comparisons, ignore_index=True), record)
    return dict(record["refinement"])


def _refined(before: FinishedStudy, request: RefinementRequest) -> Cell:
    settings = dataclasses.replace(before.settings, **{"init": str(request.study), **request.changes})
    cell = Cell(before.released, settings)
    differing = _differing(before, cell)
    told = {name: differing[name][1] for name in _NAMED if name in differing}
    words = [f"{_NAMED[name]}-{value:g}" for name, value in told.items() if value is not None]
    cell = dataclasses.replace(cell, name="-".join([before.released, *words]))
    if cell.name in before.record["cells"]:
        raise TrainingError(
            str(request.study),
            f"its study holds the settings {cell.name} already",
            f"change one of {', '.join('--' + name.replace('_', '-') for name in _NAMED)}",
        )
    return cell


def _differing(before: FinishedStudy, cell: Cell) -> dict[str, list[Any]]:
    """Settings that differ, each with its value before and after."""
    old, new = before.settings.as_dict(), cell.settings.as_dict()
    return {name: [old[name], new[name]] for name in new if new[name] != old[name]}


def _copy(folder: Path, out: Path, names: Sequence[str]) -> None:
    for name in names:
        if (folder / name).is_file():
            write_atomically(out / name, (folder / name).read_bytes())
