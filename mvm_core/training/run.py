"""A whole training run: networks, calibration on the tune split, export, predictions."""

import dataclasses
import importlib.metadata
import json
import logging
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from mvm_core.cohort import PREDICTION_COLUMNS, Cohort, read_manifest
from mvm_core.errors import TrainingError
from mvm_core.evaluation import evaluate
from mvm_core.files import write_atomically
from mvm_core.models.reader import Reader
from mvm_core.models.reading import OperatingPoints
from mvm_core.models.registry import ENSEMBLES, SINGLE_READINGS
from mvm_core.models.weights import ReadingCalibration, load_weights
from mvm_core.training.loop import Epoch, NetworkTraining
from mvm_core.training.networks import EvidenceNetwork
from mvm_core.training.patches import load_patches
from mvm_core.training.release import ExportedNetwork, export_network, untuned, write_weights
from mvm_core.training.settings import TrainingSettings
from mvm_core.validation import (
    fit_temperature,
    operating_point_for_sensitivity,
    operating_point_for_specificity,
)

log = logging.getLogger(__name__)

WORK = ".run"
TARGET_SENSITIVITY = 0.90
TARGET_SPECIFICITY = 0.90
Progress = Callable[[str, int, int], None]


def train(
    cohort_folder: Path,
    out: Path,
    settings: TrainingSettings,
    *,
    resume: bool = False,
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
    work = out / WORK
    _claim(work, cohort, settings, resume=resume)
    report = progress or (lambda _title, _done, _total: None)
    patches = load_patches(
        cohort,
        settings.preprocessing,
        work / "patches.npz",
        lambda done, total: report("Cutting films", done, total),
    )
    exported, histories = [], {}
    for name in settings.networks:
        training = NetworkTraining(name, patches, settings, work / f"{name}.pt")
        network = _train_network(training, settings, report)
        histories[name] = [dataclasses.asdict(epoch) for epoch in training.history]
        exported.append(export_network(name, network, settings.preprocessing))
    del patches
    record = {
        "settings": settings.as_dict(),
        "target_sensitivity": TARGET_SENSITIVITY,
        "target_specificity": TARGET_SPECIFICITY,
        "history": histories,
        "versions": _versions(),
    }
    return _calibrate_and_release(cohort, exported, out, record, report)


def _claim(work: Path, cohort: Cohort, settings: TrainingSettings, *, resume: bool) -> None:
    path = work / "settings.json"
    wanted = {"cohort": cohort.fingerprint, **settings.as_dict()}
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


def _train_network(
    training: NetworkTraining, settings: TrainingSettings, report: Progress
) -> EvidenceNetwork:
    name, start, first = training.network.name, time.monotonic(), len(training.history)
    while not training.finished:
        report(f"Training {name}", len(training.history), settings.epochs)
        epoch = training.run_epoch()
        log.info(_line(name, epoch, settings.epochs, (time.monotonic() - start) / (epoch.number - first)))
    report(f"Training {name}", settings.epochs, settings.epochs)
    return training.result()


def _line(name: str, epoch: Epoch, epochs: int, seconds_each: float) -> str:
    left = (epochs - epoch.number) * seconds_each / 60
    return (
        f"{name}: epoch {epoch.number} of {epochs}, loss {epoch.loss:.3f}, tune AUC {epoch.tune_auc:.3f}, "
        f"{epoch.films_per_s:.0f} films/s, {epoch.waiting_share:.0%} waiting for data, {left:.0f} min left"
    )


def _calibrate_and_release(
    cohort: Cohort, exported: list[ExportedNetwork], out: Path, record: dict[str, Any], report: Progress
) -> Path:
    names = {network.name for network in exported}
    singles = tuple(s.name for s in SINGLE_READINGS.values() if s.network in names)
    provisional = out / WORK / "uncalibrated"
    write_weights(provisional, exported, untuned(singles), cohort=cohort, training={})
    tune = evaluate(
        cohort,
        Reader(load_weights(provisional)),
        ["tune"],
        lambda d, t: report("Reading the tune split", d, t),
    )
    readings = calibrate(tune)
    calibrated = out / WORK / "calibrated"
    write_weights(calibrated, exported, readings, cohort=cohort, training={})
    predictions = evaluate(
        cohort,
        Reader(load_weights(calibrated)),
        ["tune", "test", "external"],
        lambda done, total: report("Reading all splits", done, total),
    )
    table = predictions[list(PREDICTION_COLUMNS)].to_csv(index=False).encode()
    return write_weights(out, exported, readings, cohort=cohort, training=record, predictions=table)


def calibrate(tune: pd.DataFrame) -> dict[str, ReadingCalibration]:
    """Fit temperatures and operating points on the tune split.

    Parameters
    ----------
    tune : DataFrame
        Predictions with logits of the single readings.

    Returns
    -------
    dict of str to ReadingCalibration
        For every single reading in the table and every ensemble whose members are all there.
    """
    labels = tune.groupby("case_id")["label"].first().eq("mvm")
    logits = tune.pivot_table(index="case_id", columns="model", values="logit", dropna=False)
    temperatures: dict[str, float] = {}
    probabilities: dict[str, pd.Series] = {}
    for name in SINGLE_READINGS:
        if name in logits:
            known = logits[name].dropna()
            temperatures[name] = fit_temperature(labels[known.index].to_numpy(), known.to_numpy())
            probabilities[name] = expit(known / temperatures[name])
    for ensemble in ENSEMBLES.values():
        if all(name in probabilities for name in ensemble.members):
            members = pd.concat([probabilities[name] for name in ensemble.members], axis=1).dropna()
            probabilities[ensemble.name] = members.mean(axis=1)
    return {
        name: ReadingCalibration(temperatures.get(name), _points(labels[values.index], values))
        for name, values in probabilities.items()
    }


def _points(labels: pd.Series, probabilities: pd.Series) -> OperatingPoints:
    truth, values = labels.to_numpy(), probabilities.to_numpy()
    sensitive = operating_point_for_sensitivity(truth, values, target=TARGET_SENSITIVITY)
    specific = operating_point_for_specificity(truth, values, target=TARGET_SPECIFICITY)
    # Where one threshold serves both targets, they change places and no reading is indeterminate in between.
    low, high = sorted(float(np.clip(point, 0.0, 1.0)) for point in (sensitive, specific))
    return OperatingPoints(low, high)


def _versions() -> dict[str, str]:
    packages = ("torch", "timm", "numpy", "opencv-python-headless", "onnxruntime")
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
    }
