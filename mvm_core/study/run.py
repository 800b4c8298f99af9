"""The whole study by one call; every network of every cell is a unit that resumes."""

from dataclasses import dataclass, field
from pathlib import Path

from mvm_core.calibrations import TARGET_SENSITIVITY, TARGET_SPECIFICITY
from mvm_core.study.cells import (
    Progress,
    cell_record,
    cost_of,
    described,
    open_run,
    predict_cell,
    release_cell,
    train_cells,
    write_tables,
)
from mvm_core.study.choice import choose_cell
from mvm_core.study.comparisons import comparisons_table
from mvm_core.study.grid import grid_cells, size_cells
from mvm_core.study.inputs import read_cohorts
from mvm_core.study.results import results_table
from mvm_core.training.ranks import refuse_torchrun
from mvm_core.training.run import versions
from mvm_core.training.settings import TrainingSettings


@dataclass(frozen=True)
class StudyRequest:
    """What the study compares.

    Attributes
    ----------
    internal, external : Path
        Cohort folders; the first has the splits train, tune and test, the second external.
    base : TrainingSettings
        What all cells have in common.
    sizes : tuple of int
        Image sizes tried at the best cell of the grid.
    audited : int
        Test patients of the shortcut audit, for simulated cohorts.
    real : Path or None
        Folder of marked real films that are learnt from too, as in `mvm_core.training.train`.
    """

    internal: Path
    external: Path
    base: TrainingSettings = field(default_factory=TrainingSettings)
    sizes: tuple[int, ...] = (112, 224)
    audited: int = 60
    real: Path | None = None


def run_study(
    request: StudyRequest,
    out: Path,
    *,
    resume: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Train the grid, choose the release by the tune split, evaluate all on every split.

    Parameters
    ----------
    request : StudyRequest
    out : Path
        Gets ``cells/``, ``weights/`` (the release) and the tables.
    resume : bool
        Go on with a study of the same request.
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with what is done, how much of it is, and how much there is.

    Returns
    -------
    Path
        The study's record, ``study.json``.

    Raises
    ------
    TrainingError
        If the study cannot start, differs from the one to be resumed, or a loss is not finite.
    TableError
        With every problem of a manifest and its films.
    """
    refuse_torchrun("study")
    internal, external = read_cohorts(request.internal, request.external)
    wanted = {"sizes": list(request.sizes), **request.base.as_dict()}
    run = open_run(
        out,
        (internal, external),
        request.real,
        request.audited,
        wanted,
        resume=resume,
        workers=workers,
        progress=progress,
    )
    cells = grid_cells(request.base)
    records = train_cells(run, cells)
    tables = {cell.name: predict_cell(run, cell) for cell in cells}
    best = next(cell for cell in cells if cell.name == choose_cell(tables))
    further = size_cells(best, request.sizes)
    records |= train_cells(run, further)
    tables |= {cell.name: predict_cell(run, cell) for cell in further}
    released = next(cell for cell in (*cells, *further) if cell.name == choose_cell(tables))
    results, comparisons = results_table(tables), comparisons_table(tables, released.name)
    record = {
        "simulated": internal.simulated and external.simulated,
        "cells": {name: cell_record(records[name], tables[name]) for name in tables},
        "grid_best": best.name,
        "released": released.name,
        "criterion": "mean area under the ROC curve of the ensembles on the tune split",
        "cohorts": {"internal": described(internal), "external": described(external)},
        "target_sensitivity": TARGET_SENSITIVITY,
        "target_specificity": TARGET_SPECIFICITY,
        "versions": versions(),
        "workers": workers,
    }
    release_cell(run, released, records[released.name], record)
    record["cost"] = cost_of(run.clock, records)
    return write_tables(run, results, comparisons, record)
