"""How the area grows with the number of training patients: the same training on more and more of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mvm_core.cohort import Case
from mvm_core.cohort.manifest import LABELS
from mvm_core.cohort.vertebrae import is_real
from mvm_core.errors import TrainingError
from mvm_core.files import write_atomically
from mvm_core.side_by_side import Workers
from mvm_core.study.learning_files import RECORD, TABLE
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

COLUMNS = ("patients", "mvm", "seed", *AREA_COLUMNS)
LEFT_OUT = "left out"
"""The split of training patients that a training does not learn from."""

_WORK = ".run"
_STREAM = 101
_LEAST_OF_A_CLASS = 2


@dataclass(frozen=True)
class CurveRequest:
    """What is trained.

    Attributes
    ----------
    cohort : Path
        Cohort folder with the splits train, tune and test.
    sizes : tuple of int
        Numbers of training patients with MVM or BVF; all of them are learnt from besides.
    also : tuple of Path
        Further cohorts, whose patients are drawn from like those of the train split.
    base : TrainingSettings
        What all trainings have in common; the number of steps must be given.
    seeds : tuple of int
        From which each network is trained at each size; a seed draws the patients, too.
    real : Path or None
        Folder of marked real films, all of which are learnt from at every size.
    """

    cohort: Path
    sizes: tuple[int, ...]
    also: tuple[Path, ...] = ()
    base: TrainingSettings = field(default_factory=TrainingSettings)
    seeds: tuple[int, ...] = (1, 2, 3)
    real: Path | None = None


def run_learning_curve(
    request: CurveRequest,
    out: Path,
    *,
    resume: bool = False,
    workers: Workers = 1,
    progress: Progress | None = None,
) -> Path:
    """Train every network at every size from every seed, equally long, and score it on the same cases.

    Returns
    -------
    Path
        The record, ``learning_curve.json``, with the table of areas beside it.

    Raises
    ------
    TrainingError
        If a size cannot be drawn, no number of steps is given, or the run cannot start or go on.
    TableError
        With every problem of a manifest and its films.
    """
    refuse_torchrun("learning-curve")
    if request.base.steps is None:
        raise TrainingError(
            "--steps", "no number is given", "give one, so that every size learns equally long"
        )
    material = Material.open(request.cohort, request.also, request.base, request.real)
    sizes = _sizes(request, material.rows)
    claim(out / _WORK, material.claimed(request.base, request.seeds, sizes), resume=resume)
    report = progress or (lambda _title, _done, _total: None)
    patches = material.cut(
        request.base.preprocessing,
        out / _WORK / "patches",
        workers,
        lambda done, total: report("Cutting films", done, total),
    )
    units = _units(request, sizes, out, patches, workers)
    records = train_units([unit for own in units.values() for unit in own], workers, report)
    table = pd.DataFrame(
        [
            (size, _metastases(own[0].patches), seed, *row)
            for (size, seed), own in units.items()
            for row in areas_of(predictions_of(own))
        ],
        columns=list(COLUMNS),
    )
    record = {**material.told(request.base, request.seeds, records), "sizes": list(sizes)}
    write_atomically(out / TABLE, table.to_csv(index=False, float_format="%.6g").encode())
    return write_atomically(out / RECORD, (json.dumps(record, indent=2) + "\n").encode())


def with_patients(cases: Sequence[Case], size: int, seed: int) -> tuple[Case, ...]:
    """The same vertebrae, those of training patients beyond so many set apart in the split `LEFT_OUT`.

    Patients of each label are drawn in the same proportion, healthy ones and those with something else
    too; of one seed, a smaller draw is part of every larger one. Real films stay.

    Parameters
    ----------
    size : int
        Training patients with MVM or BVF.
    """
    patients = _training_patients(cases)
    asked = sum(label in LABELS for label in patients.values())
    share = size / asked
    draw = np.random.default_rng([seed, _STREAM])
    kept: set[tuple[str, str]] = set()
    for label in sorted(set(patients.values())):
        own = [patient for patient, is_of in patients.items() if is_of == label]
        kept |= {own[place] for place in draw.permutation(len(own))[: round(share * len(own))]}
    return tuple(
        replace(case, split=LEFT_OUT)
        if case.split == "train" and not is_real(case) and (case.site, case.case_id) not in kept
        else case
        for case in cases
    )


def _training_patients(cases: Sequence[Case]) -> dict[tuple[str, str], str]:
    """Label of each training patient, by site and name; the first of a patient's rows is its own."""
    found: dict[tuple[str, str], str] = {}
    for case in cases:
        if case.split == "train" and not is_real(case):
            found.setdefault((case.site, case.case_id), case.label)
    return found


def _sizes(request: CurveRequest, rows: Sequence[Case]) -> tuple[int, ...]:
    """The sizes asked for, and all patients."""
    counts = [list(_training_patients(rows).values()).count(label) for label in LABELS]
    every, fewest = sum(counts), min(counts)
    for size in request.sizes:
        if size >= every or round(size / every * fewest) < _LEAST_OF_A_CLASS:
            raise TrainingError(
                f"--sizes {size}",
                f"of {every} training patients, {fewest} in the rarer class, it cannot be drawn",
                f"give numbers that leave {_LEAST_OF_A_CLASS} of each class, below {every}",
            )
    return (*sorted(set(request.sizes)), every)


def _metastases(patches: Patches) -> int:
    return list(_training_patients(patches.cases).values()).count("mvm")


def _units(
    request: CurveRequest, sizes: Sequence[int], out: Path, patches: Patches, workers: Workers
) -> dict[tuple[int, int], list[Unit]]:
    """The networks of each size and seed."""
    found = {}
    for size in sizes:
        for seed in request.seeds:
            own = replace(patches, cases=with_patients(patches.cases, size, seed))
            found[size, seed] = [
                Unit(
                    f"{size} patients seed {seed} {name}",
                    name,
                    replace(request.base, seed=seed),
                    out / "sizes" / str(size) / f"seed-{seed}",
                    own,
                    SPLITS,
                    threads=threads_for(workers),
                )
                for name in request.base.networks
            ]
    return found
