"""Cells trained, predicted and released: what the study and its refinement have in common."""

import json
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mvm_core.calibrations import (
    apply_calibration,
    fit_calibrations,
)
from mvm_core.cohort import Cohort, write_predictions
from mvm_core.files import write_atomically
from mvm_core.models.registry import NETWORKS, Layout
from mvm_core.models.weights import load_weights
from mvm_core.study.audit import audit_shortcuts
from mvm_core.study.audit_report import audit_as_dict
from mvm_core.study.card import write_card
from mvm_core.study.choice import merit
from mvm_core.study.clock import StudyClock
from mvm_core.study.grid import Cell
from mvm_core.study.inputs import for_both
from mvm_core.study.section import COMPARISONS, RECORD, RESULTS
from mvm_core.training.epochs import draw_epoch, samples_of
from mvm_core.training.patches import Patches, load_patches, rows_sha256
from mvm_core.training.pool import run_units
from mvm_core.training.real_rows import real_rows
from mvm_core.training.run import (
    calibrate_and_release,
    claim,
    export_units,
    learnt_rows,
    training_record,
)
from mvm_core.training.unit import Unit, read_logits

Progress = Callable[[str, int, int], None]

WEIGHTS = "weights"
WORK = ".run"


@dataclass(frozen=True)
class Run:
    """One call of the study or of its refinement.

    Attributes
    ----------
    out : Path
        Gets ``cells/``, ``weights/`` and the tables.
    internal, external : Cohort
    real : Path or None
        Folder of marked real films that are learnt from too.
    audited : int
        Test patients of the shortcut audit; 0 for none.
    workers : int
        Processes side by side.
    report : callable
        Called with what is done, how much of it is, and how much there is.
    clock : StudyClock
    """

    out: Path
    internal: Cohort
    external: Cohort
    real: Path | None
    audited: int
    workers: int
    report: Progress
    clock: StudyClock


def open_run(
    out: Path,
    cohorts: tuple[Cohort, Cohort],
    real: Path | None,
    audited: int,
    wanted: dict[str, Any],
    *,
    resume: bool,
    workers: int,
    progress: Progress | None,
) -> Run:
    """Take a folder for what is wanted, or go on with the same.

    Raises
    ------
    TrainingError
        If the folder holds another run, or the same one and `resume` is not set.
    """
    internal, external = cohorts
    prints = {
        "internal": internal.fingerprint,
        "external": external.fingerprint,
        "real": rows_sha256(real_rows(real)),
    }
    claim(out / WORK, {**prints, **wanted}, resume=resume)
    report = progress or (lambda _title, _done, _total: None)
    return Run(out, internal, external, real, audited, workers, report, StudyClock(out / WORK / "calls.json"))


def units_of(run: Run, cell: Cell) -> list[Unit]:
    """The cell's networks as units of work, on films cut once for each size."""
    settings = cell.settings

    def cut_films(cohort: Cohort) -> Patches:
        inside = cohort is run.internal
        return load_patches(
            cohort,
            settings.preprocessing,
            run.out / WORK / f"{'internal' if inside else 'external'}-{cell.size_px}px",
            rows=(*rows, *cohort.split("test")) if inside else cohort.split("external"),
            workers=run.workers,
            progress=lambda done, total: run.report(f"Cutting films at {cell.size_px} px", done, total),
        )

    rows = learnt_rows(run.internal, settings, run.real)
    patches, external = for_both((run.internal, run.external), cut_films)
    folder = run.out / "cells" / cell.name
    return [
        Unit(f"{cell.name} {name}", name, settings, folder, patches, ("tune", "test"), external)
        for name in settings.networks
    ]


def train_cells(run: Run, cells: Sequence[Cell]) -> dict[str, list[dict[str, Any]]]:
    """Train every network of every cell, the dearest first; return the records of each cell."""
    by_cell = {cell.name: units_of(run, cell) for cell in cells}
    units = sorted((unit for each in by_cell.values() for unit in each), key=_work, reverse=True)
    work = {unit.title: _work(unit) for unit in units}
    done: dict[str, int] = {}

    def tick(title: str, epochs: int, of: int) -> None:
        done[title] = work[title] * epochs // of
        run.clock.keep()
        run.report("Training (work done)", sum(done.values()), sum(work.values()))

    for unit in units:
        if unit.record.is_file():
            done[unit.title] = work[unit.title]
    records = dict(zip((u.title for u in units), run_units(units, run.workers, tick), strict=True))
    return {name: [records[unit.title] for unit in each] for name, each in by_cell.items()}


def _work(unit: Unit) -> int:
    """Films times pixels of a training, in thousands of pixels: what its time grows with."""
    settings, network = unit.settings, NETWORKS[unit.network]
    samples = samples_of(network, unit.patches, "train")
    an_epoch = len(draw_epoch(samples, unit.patches, settings, np.random.default_rng(0)))
    drawn = settings.steps * settings.batch_size if settings.steps else settings.epochs * an_epoch
    films = len(network.views) if network.layout is Layout.SIDE_BY_SIDE else 1
    return max(1, drawn * films * settings.preprocessing.size_px**2 // 1000)


def predict_cell(run: Run, cell: Cell) -> pd.DataFrame:
    """Calibrate a trained cell on the tune split and write its predictions."""
    logits = pd.concat([read_logits(unit) for unit in units_of(run, cell)], ignore_index=True)
    table = apply_calibration(logits, fit_calibrations(logits[logits["split"] == "tune"]))
    write_predictions(run.out / "cells" / cell.name / "predictions.csv", table)
    return table


def release_cell(run: Run, cell: Cell, records: list[dict[str, Any]], record: dict[str, Any]) -> None:
    """Write a trained cell's weights folder; add its identity and audit to the record."""
    rows = learnt_rows(run.internal, cell.settings, run.real)
    training = {**training_record(cell.settings, records, rows), "cell": cell.name}
    weights = run.out / WEIGHTS
    cohorts = [run.internal, run.external]
    calibrate_and_release(
        cohorts, rows, export_units(units_of(run, cell)), weights, training, run.report, run.workers
    )
    record["weights"] = load_weights(weights).identity
    if run.internal.simulated and run.audited:
        audit = audit_shortcuts(
            run.internal,
            weights,
            run.audited,
            workers=run.workers,
            progress=lambda done, total: run.report("Auditing for shortcuts", done, total),
        )
        record["audit"] = audit_as_dict(audit)


def cell_record(records: list[dict[str, Any]], table: pd.DataFrame) -> dict[str, Any]:
    """What the record says of a trained cell."""
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


def cost_of(clock: StudyClock, records: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
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


def described(cohort: Cohort) -> dict[str, Any]:
    """What the record says of a cohort."""
    return {
        "fingerprint": cohort.fingerprint,
        "simulated": cohort.simulated,
        "sites": list(cohort.sites),
        "patients": len(cohort.diseased),
        "mvm": sum(case.label == "mvm" for case in cohort.cases),
    }


def write_tables(run: Run, results: pd.DataFrame, comparisons: pd.DataFrame, record: dict[str, Any]) -> Path:
    """Write both tables and the record, also beside the weights with their model card; return the record."""
    for name, table in ((RESULTS, results), (COMPARISONS, comparisons)):
        write_atomically(run.out / name, table.to_csv(index=False, float_format="%.6g").encode())
    write_atomically(run.out / RECORD, json.dumps(record, indent=2).encode())
    for name in (RESULTS, COMPARISONS, RECORD):
        write_atomically(run.out / WEIGHTS / name, (run.out / name).read_bytes())
    write_card(run.out / WEIGHTS)
    return run.out / RECORD
