"""Cross-validation: every case of the train and tune splits is read by networks that never saw it."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mvm_core.calibrations import apply_calibration, fit_calibrations
from mvm_core.cohort import Case, read_manifest, write_predictions
from mvm_core.cohort.vertebrae import is_real
from mvm_core.errors import TrainingError
from mvm_core.side_by_side import Workers
from mvm_core.training.patches import Patches, load_patches, rows_sha256
from mvm_core.training.pool import run_units
from mvm_core.training.ranks import refuse_torchrun
from mvm_core.training.run import WORK, Progress, claim, learnt_rows
from mvm_core.training.settings import TrainingSettings
from mvm_core.training.unit import Unit, read_logits

OUT_OF_FOLD = "out-of-fold"
TABLE = "out_of_fold.csv"
_STREAM = 71


def cross_validate(
    cohort_folder: Path,
    out: Path,
    settings: TrainingSettings,
    folds: int,
    *,
    resume: bool = False,
    workers: Workers = 1,
    real: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train on all folds but two, calibrate on one, predict the other; once for each fold.

    Parameters
    ----------
    cohort_folder : Path
        Cases of its train and tune splits take part.
    out : Path
        Gets ``out_of_fold.csv``, a predictions table with the one split ``out-of-fold``.
    settings : TrainingSettings
    folds : int
        3 or more; drawn by patient, stratified by label and sign.
    resume : bool
        Go on with a run of the same settings on the same cohort.
    workers : int or Engine
        Networks trained side by side, or what trains them.
    real : Path, optional
        As in `train`; real films keep to the split that they have.
    progress : callable, optional
        As in `train`.

    Returns
    -------
    Path
        The predictions table.

    Raises
    ------
    TrainingError
        If there are too few folds or cases, or the run cannot start or go on.
    TableError
        With every problem of the manifest and its films.
    """
    if folds < 3:
        raise TrainingError(
            f"--folds {folds}", "one fold trains, one calibrates, one is read", "ask for 3 or more"
        )
    cohort = read_manifest(cohort_folder)
    work = out / WORK
    refuse_torchrun("train --folds")
    rows = learnt_rows(cohort, settings, real)
    wanted = {"cohort": cohort.fingerprint, "rows": rows_sha256(rows), "folds": folds, **settings.as_dict()}
    claim(work, wanted, resume=resume)
    report = progress or (lambda _title, _done, _total: None)
    patches = load_patches(
        cohort,
        settings.preprocessing,
        work / "patches",
        rows=rows,
        progress=lambda done, total: report("Cutting films", done, total),
    )
    fold_of = _folds_of_rows(patches.cases, folds, settings.seed)
    units = [
        [
            Unit(
                f"fold {fold + 1} {name}",
                name,
                settings,
                work / f"fold-{fold + 1}",
                _as_fold(patches, fold_of, fold, folds),
                ("tune", "test"),
            )
            for name in settings.networks
        ]
        for fold in range(folds)
    ]
    run_units(
        [unit for each in units for unit in each],
        workers,
        lambda title, done, total: report(f"Training {title}", done, total),
    )
    table = pd.concat([_held_out(each) for each in units], ignore_index=True)
    path = out / TABLE
    write_predictions(path, table)
    return path


def assign_folds(cases: Sequence[Case], folds: int, seed: int) -> list[int]:
    """The fold of each case, stratified by label and sign; one case a patient.

    Raises
    ------
    TrainingError
        If a class has fewer cases than there are folds.
    """
    for label in ("mvm", "bvf"):
        count = sum(case.label == label for case in cases)
        if count < folds:
            raise TrainingError(
                f"--folds {folds}", f"there are only {count} cases of {label}", "ask for fewer folds"
            )
    found = [0] * len(cases)
    draw = np.random.default_rng([seed, _STREAM])
    dealt = dict.fromkeys((case.label for case in cases), 0)
    for label, sign in sorted({(case.label, case.sign) for case in cases}):
        members = [i for i, case in enumerate(cases) if (case.label, case.sign) == (label, sign)]
        # Dealing on from where the last stratum of the class stopped keeps every fold supplied with both.
        for place, i in enumerate(draw.permutation(members), start=dealt[label]):
            found[i] = place % folds
        dealt[label] += len(members)
    return found


def _folds_of_rows(rows: Sequence[Case], folds: int, seed: int) -> list[int | None]:
    """The fold of each vertebra, its patient's; None for those of real films."""
    own = {(case.site, case.case_id): case for case in reversed(rows) if not is_real(case)}
    patients = list(reversed(own.values()))
    fold_of = dict(zip(reversed(own), assign_folds(patients, folds, seed), strict=True))
    return [None if is_real(case) else fold_of[case.site, case.case_id] for case in rows]


def _as_fold(patches: Patches, fold_of: Sequence[int | None], fold: int, folds: int) -> Patches:
    """The same films with this fold as test split and the next one as tune split."""
    splits = {fold: "test", (fold + 1) % folds: "tune"}
    cases = tuple(
        case if own is None else dataclasses.replace(case, split=splits.get(own, "train"))
        for case, own in zip(patches.cases, fold_of, strict=True)
    )
    return dataclasses.replace(patches, cases=cases)


def _held_out(units: Sequence[Unit]) -> pd.DataFrame:
    logits = pd.concat([read_logits(unit) for unit in units], ignore_index=True)
    table = apply_calibration(logits, fit_calibrations(logits[logits["split"] == "tune"]))
    return table[table["split"] == "test"].assign(split=OUT_OF_FOLD)
