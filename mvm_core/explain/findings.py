"""What the models go by: how each finding, switched alone, moves the logit."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.explain.finding_switches import FINDINGS, own_level
from mvm_core.explain.readings import ALL_NAMES, answers, views_of
from mvm_core.explain.scorecard import mean_interval
from mvm_core.explain.simulated_table import Source
from mvm_core.side_by_side import Workers, over_jobs
from mvm_core.simulation import PatientRequest
from mvm_core.simulation.pathology import LevelDisease
from mvm_core.simulation.patient import Patient, draw_patient
from mvm_core.simulation.variants import film_variants
from mvm_core.simulation.vertebra import Vertebra

FILE = "explain_findings.csv"
"""Its name in a weights folder."""

COLUMNS = ("reading", "finding", "group", "change", "low", "high", "n")
GROUPS = ("all", "mvm", "bvf")


@dataclass(frozen=True)
class Change:
    """How far one finding moved one reading of one patient, in logits."""

    reading: str
    finding: str
    group: str
    change: float


@dataclass(frozen=True)
class _Job:
    request: PatientRequest
    weights: Path


def change_by_finding(
    weights: Path,
    patients: int,
    source: Source,
    *,
    workers: Workers = 1,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Simulate patients, switch each finding off and on, and average what the logits do.

    MVM and BVF take turns. Of each patient the vertebra in question keeps its disease, but for the finding;
    further levels are made intact.

    Parameters
    ----------
    weights : Path
    patients : int
    source : Source
        Site and seed of the patients.
    workers : int
        Processes side by side.
    progress : callable, optional
        Called with the number of patients done and of all.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: mean of the logit with the finding less the logit without, with its 95 % bootstrap
        interval by patient; empty limits for fewer than two patients. Logits are those before calibration;
        of an ensemble that of its probability; of the network for disease the mean over the films.
    """
    jobs = [_Job(source.request(number, ("mvm", "bvf")[number % 2]), weights) for number in range(patients)]
    changes = (each for found in over_jobs(_changes, jobs, workers, progress) for each in found)
    return summarise_changes(changes)


def summarise_changes(changes: Iterable[Change]) -> pd.DataFrame:
    """Means with intervals by reading, finding and group, one change a patient."""
    gathered: dict[tuple[str, str, str], list[float]] = {}
    for each in changes:
        for group in ("all", each.group):
            gathered.setdefault((each.reading, each.finding, group), []).append(each.change)
    order = (ALL_NAMES, tuple(FINDINGS), GROUPS)
    rows = []
    for key in (key for key in product(*order) if key in gathered):
        values = pd.Series(gathered[key]).to_numpy()
        low, high = mean_interval(values) or (None, None)
        rows.append((*key, float(values.mean()), low, high, len(values)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def as_text(table: pd.DataFrame) -> str:
    """A line for each finding, a column for each reading: mean change over all patients and its interval."""
    everyone = table[table["group"] == "all"]
    readings = list(dict.fromkeys(everyone["reading"]))
    by_place = {(row["finding"], row["reading"]): row for row in everyone.to_dict("records")}
    lines = [f"{'change of the logit':<26}" + "".join(f"{name:>26}" for name in readings)]
    for name in dict.fromkeys(everyone["finding"]):
        cells = [by_place[name, reading] for reading in readings]
        lines.append(f"{FINDINGS[name].title:<26}" + "".join(f"{_said(cell):>26}" for cell in cells))
    return "\n".join(lines)


def _said(row: Mapping[Hashable, Any]) -> str:
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:+.2f} to {row['high']:+.2f})"
    return f"{row['change']:+.2f}{interval}"


def switched_patients(patient: Patient) -> dict[str, tuple[Patient, Patient]]:
    """The patient without and with each finding, by its name."""
    collapsed = own_level(patient).collapse is not None
    return {
        name: (switch.off(patient), switch.on(patient))
        for name, switch in FINDINGS.items()
        if collapsed or not switch.needs_collapse
    }


def _shown(patient: Patient) -> tuple[LevelDisease, tuple[Vertebra, ...]]:
    """What two variants of a patient share if their films are one and the same."""
    return own_level(patient), patient.vertebrae


def _changes(job: _Job) -> list[Change]:
    patient = draw_patient(job.request)
    pairs = switched_patients(patient)
    # Without a finding most variants are one and the same.
    variants: list[Patient] = []
    for each in (one for pair in pairs.values() for one in pair):
        if _shown(each) not in map(_shown, variants):
            variants.append(each)
    films = film_variants(patient, variants, views_of(job.weights))
    read = [answers(each.pair, job.weights) for each in films]
    distinct = [_shown(each) for each in variants]
    found = []
    for name, (off, on) in pairs.items():
        without, having = (read[distinct.index(_shown(each))] for each in (off, on))
        found += [
            Change(reading, name, patient.disease.label, having[reading].logit - without[reading].logit)
            for reading in having
        ]
    return found
