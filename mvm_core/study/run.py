"""The whole study by one call; every network of every cell is a unit that resumes."""

import json
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.cohort import Cohort, write_predictions
from mvm_core.files import write_atomically
from mvm_core.models.weights import load_weights
from mvm_core.study.audit import audit_as_dict, audit_shortcuts
from mvm_core.study.card import write_card
from mvm_core.study.choice import choose_cell, merit
from mvm_core.study.clock import StudyClock
from mvm_core.study.comparisons import comparisons_table
from mvm_core.study.grid import Cell, grid_cells, size_cells
from mvm_core.study.inputs import EXTERNAL_SPLITS, INTERNAL_SPLITS, for_both, read_cohorts
from mvm_core.study.results import results_table
from mvm_core.study.section import COMPARISONS, RECORD, RESULTS
from mvm_core.training.calibration import (
    TARGET_SENSITIVITY,
    TARGET_SPECIFICITY,
    apply_calibration,
    calibrate,
)
from mvm_core.training.patches import Patches, load_patches
from mvm_core.training.pool import run_units
from mvm_core.training.ranks import refuse_torchrun
from mvm_core.training.run import calibrate_and_release, claim, export_units, versions
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.unit import Unit, read_logits

Progress = Callable[[str, int, int], None]

WEIGHTS = "weights"
_WORK = ".run"


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
    """

    internal: Path
    external: Path
    base: TrainingSettings = field(default_factory=TrainingSettings)
    sizes: tuple[int, ...] = (112, 224)
    audited: int = 60


@dataclass(frozen=True)
class _Run:
    request: StudyRequest
    out: Path
    internal: Cohort
    external: Cohort
    workers: int
    report: Progress
    clock: StudyClock


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
    wanted = {
        "internal": internal.fingerprint,
        "external": external.fingerprint,
        "sizes": list(request.sizes),
        **request.base.as_dict(),
    }
    claim(out / _WORK, wanted, resume=resume)
    report = progress or (lambda _title, _done, _total: None)
    clock = StudyClock(out / _WORK / "calls.json")
    run = _Run(request, out, internal, external, workers, report, clock)
    cells = grid_cells(request.base)
    records = _train(run, cells)
    tables = {cell.name: _predictions(run, cell) for cell in cells}
    best = next(cell for cell in cells if cell.name == choose_cell(tables))
    further = size_cells(best, request.sizes)
    records |= _train(run, further)
    tables |= {cell.name: _predictions(run, cell) for cell in further}
    released = next(cell for cell in (*cells, *further) if cell.name == choose_cell(tables))
    results, comparisons = results_table(tables), comparisons_table(tables, released.name)
    _write_table(out / RESULTS, results)
    _write_table(out / COMPARISONS, comparisons)
    record = {
        "simulated": internal.simulated and external.simulated,
        "cells": {name: _cell_record(records[name], tables[name]) for name in tables},
        "grid_best": best.name,
        "released": released.name,
        "criterion": "mean area under the ROC curve of the ensembles on the tune split",
        "cohorts": {"internal": _described(internal), "external": _described(external)},
        "target_sensitivity": TARGET_SENSITIVITY,
        "target_specificity": TARGET_SPECIFICITY,
        "versions": versions(),
        "workers": workers,
    }
    _release(run, released, records[released.name], record)
    record["cost"] = _cost(clock, records)
    write_atomically(out / RECORD, json.dumps(record, indent=2).encode())
    for name in (RESULTS, COMPARISONS, RECORD):
        write_atomically(out / WEIGHTS / name, (out / name).read_bytes())
    write_card(out / WEIGHTS)
    return out / RECORD


def _units(run: _Run, cell: Cell) -> list[Unit]:
    settings = cell.settings

    def cut_films(cohort: Cohort) -> Patches:
        name, splits = (
            ("internal", INTERNAL_SPLITS) if cohort is run.internal else ("external", EXTERNAL_SPLITS)
        )
        return load_patches(
            cohort,
            settings.preprocessing,
            run.out / _WORK / f"{name}-{cell.size_px}px",
            splits=splits,
            progress=lambda done, total: run.report(f"Cutting films at {cell.size_px} px", done, total),
        )

    patches, external = for_both((run.internal, run.external), cut_films)
    folder = run.out / "cells" / cell.name
    return [
        Unit(f"{cell.name} {name}", name, settings, folder, patches, ("tune", "test"), external)
        for name in settings.networks
    ]


def _train(run: _Run, cells: Sequence[Cell]) -> dict[str, list[dict[str, Any]]]:
    by_cell = {cell.name: _units(run, cell) for cell in cells}
    units = sorted((unit for each in by_cell.values() for unit in each), key=_work, reverse=True)
    total = sum(_work(unit) * unit.settings.epochs for unit in units)
    done: dict[str, int] = {}
    work = {unit.title: _work(unit) for unit in units}

    def tick(title: str, epochs: int, _of: int) -> None:
        done[title] = work[title] * epochs
        run.clock.keep()
        run.report("Training (work done)", sum(done.values()), total)

    for unit in units:
        if unit.record.is_file():
            done[unit.title] = _work(unit) * unit.settings.epochs
    records = dict(zip((u.title for u in units), run_units(units, run.workers, tick), strict=True))
    return {name: [records[unit.title] for unit in each] for name, each in by_cell.items()}


def _work(unit: Unit) -> int:
    """Films times pixels of an epoch, in thousands of pixels: what its time grows with."""
    labels = [case.label for case in unit.patches.cases if case.split == "train"]
    mvm = labels.count("mvm")
    drawn = 2 * min(mvm, len(labels) - mvm) if unit.settings.balance == "downsample" else len(labels)
    films = {"merge": 2, "concat": 2}.get(unit.network, 1)
    return max(1, drawn * films * unit.settings.preprocessing.size_px**2 // 1000)


def _predictions(run: _Run, cell: Cell) -> pd.DataFrame:
    logits = pd.concat([read_logits(unit) for unit in _units(run, cell)], ignore_index=True)
    table = apply_calibration(logits, calibrate(logits[logits["split"] == "tune"]))
    write_predictions(run.out / "cells" / cell.name / "predictions.csv", table)
    return table


def _release(run: _Run, cell: Cell, records: list[dict[str, Any]], record: dict[str, Any]) -> None:
    training = {
        "settings": cell.settings.as_dict(),
        "cell": cell.name,
        "target_sensitivity": TARGET_SENSITIVITY,
        "target_specificity": TARGET_SPECIFICITY,
        "history": {entry["network"]: entry["history"] for entry in records},
        "precision": records[0]["precision"],
        "device": records[0]["device"],
        "versions": versions(),
    }
    weights = run.out / WEIGHTS
    cohorts = [run.internal, run.external]
    calibrate_and_release(cohorts, export_units(_units(run, cell)), weights, training, run.report)
    record["weights"] = load_weights(weights).identity
    if run.internal.simulated and run.request.audited:
        audit = audit_shortcuts(
            run.internal,
            weights,
            run.request.audited,
            workers=run.workers,
            progress=lambda done, total: run.report("Auditing for shortcuts", done, total),
        )
        record["audit"] = audit_as_dict(audit)


def _cell_record(records: list[dict[str, Any]], table: pd.DataFrame) -> dict[str, Any]:
    return {
        "settings": records[0]["settings"],
        "precision": records[0]["precision"],
        "device": records[0]["device"],
        "tune_merit": merit(table),
        "networks": {
            entry["network"]: {
                "start_sha256": entry["start_sha256"],
                "seconds": round(sum(epoch["seconds"] for epoch in entry["history"]), 1),
                "films_per_s": _mean(entry, "films_per_s"),
                "waiting_share": _mean(entry, "waiting_share"),
                "loading_s": _sum(entry, "loading_s"),
                "augmenting_s": _sum(entry, "augmenting_s"),
                "network_s": _sum(entry, "network_s"),
                "peak_memory_mb": entry["peak_memory_mb"],
                "tune_auc": entry["history"][-1]["tune_auc"],
            }
            for entry in records
        },
    }


def _mean(entry: dict[str, Any], key: str) -> float:
    return float(sum(epoch[key] for epoch in entry["history"]) / len(entry["history"]))


def _sum(entry: dict[str, Any], key: str) -> float:
    return round(float(sum(epoch[key] for epoch in entry["history"])), 1)


def _cost(clock: StudyClock, records: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Wall-clock time over all calls, epochs' time over all networks, and memory at its peak."""
    clock.keep()
    entries = [entry for each in records.values() for entry in each]
    epochs = [epoch["seconds"] for entry in entries for epoch in entry["history"]]
    return {
        "wall_seconds": round(sum(clock.calls), 1),
        "calls": len(clock.calls),
        "training_seconds": round(sum(epochs), 1),
        "peak_memory_mb_main": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "peak_memory_mb_worker": max(entry["peak_memory_mb"] for entry in entries),
    }


def _described(cohort: Cohort) -> dict[str, Any]:
    return {
        "fingerprint": cohort.fingerprint,
        "simulated": cohort.simulated,
        "sites": sorted({case.site for case in cohort.cases}),
        "patients": len(cohort.cases),
        "mvm": sum(case.label == "mvm" for case in cohort.cases),
    }


def _write_table(path: Path, table: pd.DataFrame) -> None:
    write_atomically(path, table.to_csv(index=False, float_format="%.6g").encode())
