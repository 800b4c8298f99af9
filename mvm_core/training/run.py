"""A whole training run: networks, calibration on the tune split, export, predictions."""

import importlib.metadata
import json
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mvm_core.calibrations import (
    TARGET_SENSITIVITY,
    TARGET_SPECIFICITY,
    apply_calibration,
    fit_calibrations,
    fit_scan,
)
from mvm_core.cohort import LABELS, SPLITS, Case, Cohort, read_manifest
from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.vertebrae import is_real, vertebra_rows
from mvm_core.errors import TrainingError
from mvm_core.evaluation import read_rows
from mvm_core.files import write_atomically
from mvm_core.models.reader import Reader
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.models.weights import MANIFEST, load_weights
from mvm_core.side_by_side import Workers
from mvm_core.training.distance import fit_distance_where_enough
from mvm_core.training.patches import load_patches, rows_sha256
from mvm_core.training.pool import processes_of, run_units, threads_for
from mvm_core.training.ranks import this_rank
from mvm_core.training.real_rows import real_rows
from mvm_core.training.release import ExportedNetwork, untuned, write_weights
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.unit import Unit, exported_network

WORK = ".run"
LEARNT_SPLITS = ("train", "tune")
Progress = Callable[[str, int, int], None]


def train(
    cohort_folder: Path,
    out: Path,
    settings: TrainingSettings,
    *,
    resume: bool = False,
    workers: Workers = 1,
    real: Path | None = None,
    also: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Path:
    """Train networks on a cohort and write a weights folder.

    Parameters
    ----------
    cohort_folder : Path
        With a manifest.csv; its train split teaches, its tune split calibrates.
    out : Path
        The weights folder. Checkpoints and cut films lie in its ``.run``.
    settings : TrainingSettings
    resume : bool
        Go on with a run of the same settings on the same cohort.
    workers : int or Engine
        Networks trained side by side, and films cut and read, each in a process of one thread; with 1 in
        this process. An engine trains and reads; films are cut on this machine.
    real : Path, optional
        Folder of marked real films without known disease, whose AP films of the training part are learnt from
        as intact, and with disease implanted; those of the tune part are calibrated on.
    also : sequence of Path
        Further cohorts, all of whose vertebrae are learnt from, whatever their split.
    progress : callable, optional
        Called with what is done, how much of it is, and how much there is.

    Returns
    -------
    Path
        The manifest of the weights.

    Raises
    ------
    TrainingError
        If the run cannot start, differs from the one to be resumed, or its loss is not finite.
    TableError
        With every problem of the manifest and its films.
    """
    cohort = read_manifest(cohort_folder)
    others = [read_manifest(folder) for folder in also]
    rows = learnt_rows(cohort, settings, real, others)
    work = out / WORK
    report = progress or (lambda _title, _done, _total: None)
    rank = this_rank()
    with rank.first_before_others():
        wanted = {"cohort": cohort.fingerprint, "rows": rows_sha256(rows), **settings.as_dict()}
        wanted["also"] = [other.fingerprint for other in others]
        claim(work, wanted, resume=resume or not rank.first)
        patches = load_patches(
            cohort,
            settings.preprocessing,
            work / "patches",
            # The test films do not teach, but one that cannot be read is told before the training, not after.
            rows=(*rows, *cohort.splits(("test", "external"))),
            others=others,
            workers=processes_of(workers),
            progress=lambda done, total: report("Cutting films", done, total),
        )
    threads = threads_for(min(workers, len(settings.networks)) if isinstance(workers, int) else workers)
    units = [Unit(name, name, settings, work, patches, threads=threads) for name in settings.networks]
    records = run_units(units, workers, lambda title, done, total: report(f"Training {title}", done, total))
    if not rank.first:
        return out / MANIFEST
    record = training_record(settings, records, rows, others)
    manifest = calibrate_and_release([cohort], rows, export_units(units), out, record, report, workers)
    if set(settings.networks) & {"ap", "lateral", "merge"}:
        fit_distance_where_enough(
            out, rows, lambda done, total: report("Looking at training films", done, total)
        )
    return manifest


def learnt_rows(
    cohort: Cohort, settings: TrainingSettings, real: Path | None = None, also: Sequence[Cohort] = ()
) -> tuple[Case, ...]:
    """The vertebrae of the train and the tune split: of the cohort, with intact levels, and of real films.

    Of the cohorts `also` learnt from, every vertebra is of the train split. Without intact ones, as the
    settings or the cohort have it, the cases of MVM and BVF alone.

    Raises
    ------
    TableError
        If a table of levels or marks is unfit.
    TrainingError
        If the folder of real films holds none of the training part.
    """
    per_patient, seed = settings.intact_per_patient, settings.seed
    found = (
        *vertebra_rows(cohort, LEARNT_SPLITS, per_patient=per_patient, seed=seed),
        *(
            replace(row, split="train")
            for other in also
            for row in vertebra_rows(other, SPLITS, per_patient=per_patient, seed=seed)
        ),
    )
    if not settings.intact_share or not any(case.label == INTACT for case in found):
        if real is not None:
            raise TrainingError(
                f"--real {real}",
                "real films teach disease, and there is no intact vertebra to tell it from",
                f"give {cohort.folder} a levels.csv or healthy patients, and an --intact-share",
            )
        return tuple(case for case in found if type(case) is Case and case.label in LABELS)
    return (*found, *real_rows(real))


def training_record(
    settings: TrainingSettings,
    records: Sequence[dict[str, Any]],
    rows: Sequence[Case],
    also: Sequence[Cohort] = (),
) -> dict[str, Any]:
    """What a manifest tells of a training, from the records of its units and the vertebrae learnt from."""
    return {
        "settings": settings.as_dict(),
        "starts_sha256": {entry["network"]: entry["start_sha256"] for entry in records},
        "also": [
            {"sites": other.sites, "patients": len(other.cases), "fingerprint": other.fingerprint}
            for other in also
        ],
        "vertebrae": {split: _counted(rows, split) for split in LEARNT_SPLITS},
        "target_sensitivity": TARGET_SENSITIVITY,
        "target_specificity": TARGET_SPECIFICITY,
        "history": {entry["network"]: entry["history"] for entry in records},
        "precision": records[0]["precision"],
        "device": records[0]["device"],
        "versions": versions(),
    }


def _counted(rows: Sequence[Case], split: str) -> dict[str, int]:
    """Vertebrae of a split by label, those of real films, and how many real films that are."""
    own = [case for case in rows if case.split == split]
    real = [case for case in own if is_real(case)]
    counts = Counter(case.label for case in own if not is_real(case))
    return {**counts, "real": len(real), "real_films": len({case.case_id for case in real})}


def claim(work: Path, wanted: dict[str, Any], *, resume: bool) -> None:
    """Take a folder for a run with these settings, or go on with the same run.

    Raises
    ------
    TrainingError
        If it holds another run, or the same one and `resume` is not set.
    """
    path = work / "settings.json"
    if path.is_file():
        found = _read_run(path)
        differing = [key for key in wanted if found.get(key) != wanted[key]]
        if differing:
            raise TrainingError(
                str(work),
                f"it holds a run with another {', '.join(differing)}",
                "name another --out, or repeat the settings of that run",
            )
        if not resume:
            raise TrainingError(
                str(work), "it holds a run already", "add --resume to go on with it, or name another --out"
            )
    write_atomically(path, json.dumps(wanted, indent=2).encode())


def _read_run(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(
            str(path),
            f"the record of the run cannot be read ({type(error).__name__})",
            f"delete the folder {path.parent} to start anew",
        ) from None


def export_units(units: Sequence[Unit]) -> list[ExportedNetwork]:
    """What finished units trained as it goes into a release."""
    return [exported_network(unit) for unit in units]


def calibrate_and_release(
    cohorts: Sequence[Cohort],
    rows: Sequence[Case],
    exported: list[ExportedNetwork],
    out: Path,
    record: dict[str, Any],
    report: Progress,
    workers: Workers = 1,
) -> Path:
    """Calibrate exported networks on the tune split as the reader reads it, and write the weights folder.

    Parameters
    ----------
    cohorts : sequence of Cohort
        The first is the one trained on; all are read for the predictions.
    rows : sequence of Case
        Vertebrae; those of the tune split are calibrated on.
    """
    internal = cohorts[0]
    names = {network.name for network in exported}
    singles = tuple(s.name for s in SINGLE_READINGS.values() if s.network in names)
    provisional = out / WORK / "uncalibrated"
    write_weights(provisional, exported, untuned(singles), cohort=internal, training={})
    reader = Reader(load_weights(provisional))
    tune = [case for case in rows if case.split == "tune"]
    others = [case for cohort in cohorts for case in cohort.splits(("test", "external"))]
    # The logits do not depend on the calibration, so the films are read once.
    logits = read_rows(
        [*tune, *others], reader, lambda done, total: report("Reading all splits", done, total), workers
    )
    fitted_on = logits[logits["split"] == "tune"]
    readings = fit_calibrations(fitted_on)
    table = apply_calibration(logits, readings).to_csv(index=False).encode()
    return write_weights(
        out,
        exported,
        readings,
        cohort=internal,
        training=record,
        scan=fit_scan(fitted_on),
        predictions=table,
    )


def versions() -> dict[str, str]:
    """Versions of what a run's figures depend on."""
    packages = ("torch", "timm", "numpy", "opencv-python-headless", "onnxruntime")
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
    }
