"""The sealed test: patients whose seeds follow from the finished weights, so that nobody knew them before."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from mvm_core.cohort import SPLITS, Case, Cohort, read_manifest
from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.errors import WeightsError
from mvm_core.evaluation import (
    examine_unmarked,
    prediction_rows,
    predictions_table,
    read_case,
    read_examined,
)
from mvm_core.examination import Examiner
from mvm_core.files import write_atomically
from mvm_core.finding import FoundFilm, against_marks, cohort_as_marked
from mvm_core.finding_totals import finding_totals
from mvm_core.level_evaluation import KnownVertebra, known_levels, level_rows, levels_table
from mvm_core.models.weights import Weights, load_weights
from mvm_core.radiograph import View
from mvm_core.sealed import FORMAT, RECORD, TABLES, Opening, Seal, read_openings, read_seal, seed_of
from mvm_core.side_by_side import Workers, over_jobs
from mvm_core.simulation import CohortRequest, write_cohort
from mvm_core.simulation.cohort import TRUTH_COLUMNS
from mvm_core.simulation.request import SIMULATOR_VERSION

Progress = Callable[[str, int, int], None]

_CHUNK = 8
_LEAST_DISEASED = 24
"""So that a trial, too, has both labels in every split that a manifest names."""


@dataclass(frozen=True)
class SealedSite:
    """How many patients of a site the sealed test holds.

    Attributes
    ----------
    site : str
    diseased : int
        With a metastasis or a fracture, at the site's prevalence.
    healthy : int
    other : int
        With something else.
    """

    site: str
    diseased: int
    healthy: int = 200
    other: int = 100

    def request(self, weights: str, share: float, anatomy: Path | None) -> CohortRequest:
        """The cohort to simulate for what has this SHA-256, as `seed_of` takes it."""
        diseased, healthy, other = (
            round(share * count) for count in (self.diseased, self.healthy, self.other)
        )
        diseased = max(_LEAST_DISEASED, diseased)
        return CohortRequest(
            site=self.site,
            patients=diseased + healthy + other,
            mvm=None,
            seed=seed_of(weights, self.site),
            healthy=healthy,
            other=other,
            anatomy=str(anatomy) if self.site == "c" and anatomy is not None else None,
        )


SITES = (SealedSite("a", 600), SealedSite("b", 400), SealedSite("c", 400))


def seal(
    folder: Path,
    films: Path,
    *,
    anatomy: Path | None = None,
    share: float = 1.0,
    workers: Workers = 1,
    progress: Progress | None = None,
) -> Seal:
    """Simulate the sealed test of finished weights, read it once, and write its tables beside them.

    Parameters
    ----------
    folder : Path
        Weights folder.
    films : Path
        Folder for the simulated cohorts, one for each site.
    anatomy : Path, optional
        Folder of surfaces for site c, which is left out without.
    share : float
        Of the full numbers of patients, in (0, 1]; less than 1 for a trial, which the record tells.
    workers : int or Engine
        Processes side by side.
    progress : callable, optional
        Called with what is done, how much of it is, and how much there is.

    Raises
    ------
    WeightsError
        If the folder is not a complete weights folder, or its weights are not of simulated films.
    SimulationError
        If `films` holds something else, or the surfaces are unfit.
    """
    report = progress or (lambda _title, _done, _total: None)
    weights = load_weights(folder)
    _check_sealable(weights)
    earlier = read_openings(folder)
    opening = Opening(
        datetime.now(UTC).isoformat(timespec="seconds"),
        weights.identity,
        Examiner.open(folder).finder.weights.identity,
    )
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    cohorts: dict[str, dict[str, Any]] = {}
    finding: dict[str, dict[str, dict[str, Any]]] = {}
    for site in SITES:
        if site.site == "c" and anatomy is None:
            continue
        request = site.request(f"{opening.weights} {opening.finder}", share, anatomy)
        where = films / f"{site.site}-{opening.weights[:12]}-{opening.finder[:12]}"
        write_cohort(where, request, workers, partial(report, f"Simulating site {site.site}"))
        cohort = _as_test(read_manifest(where))
        read = _read(cohort, folder, workers, partial(report, f"Reading site {site.site}"))
        for name, table in read.tables.items():
            tables[name].append(table)
        finding[site.site] = finding_totals(read.found)
        cohorts[site.site] = {
            "seed": request.seed,
            "patients": request.patients,
            "mvm": request.metastases,
            "bvf": request.diseased - request.metastases,
            "healthy": request.healthy,
            "other": request.other,
            "fingerprint": cohort.fingerprint,
        }
    sums = {name: _write_table(folder / TABLES[name], parts) for name, parts in tables.items()}
    record = {
        "format": FORMAT,
        "weights": opening.weights,
        "finder": opening.finder,
        "share": share,
        "simulator_version": SIMULATOR_VERSION,
        "cohorts": cohorts,
        "tables": sums,
        "finding": finding,
        "openings": [asdict(each) for each in (*earlier, opening)],
    }
    write_atomically(folder / RECORD, (json.dumps(record, indent=2) + "\n").encode())
    found = read_seal(folder, weights.identity)
    if found is None:
        raise WeightsError(str(folder), "the weights changed while they were read", "seal them again")
    return found


def _check_sealable(weights: Weights) -> None:
    if not weights.simulated:
        raise WeightsError(
            str(weights.folder),
            "its weights were not trained on simulated films, which the sealed test is made of",
            "use `evaluate` on films of your own that were kept back",
        )


def _as_test(cohort: Cohort) -> Cohort:
    """The cohort with all that are of the internal site in one split: none was learnt from."""
    cases = tuple(case if case.split == "external" else replace(case, split="test") for case in cohort.cases)
    return replace(cohort, cases=cases)


@dataclass(frozen=True)
class _Read:
    """What was read of some patients: tables by name, and the films as their vertebrae were found."""

    tables: Mapping[str, pd.DataFrame]
    found: tuple[FoundFilm, ...]


@dataclass(frozen=True)
class _Sealed:
    """A patient with what is known of the vertebrae on each film."""

    case: Case
    known: Sequence[KnownVertebra]
    marked: Sequence[MarkedFilm]


def _read(cohort: Cohort, folder: Path, workers: Workers, progress: Callable[[int, int], None]) -> _Read:
    """The tables of one site, and how well its vertebrae were found."""
    known = known_levels(cohort.folder)
    films = {film.path: film for film in cohort_as_marked(cohort.folder, SPLITS)}
    patients = [
        _Sealed(
            case,
            known.get(case.case_id, []),
            [films[path] for path in map(case.film, View) if path in films],
        )
        for case in cohort.cases
    ]
    parts = [patients[start : start + _CHUNK] for start in range(0, len(patients), _CHUNK)]
    read = list(over_jobs(partial(_read_part, folder), parts, workers, progress))
    truth = pd.read_csv(cohort.folder / "manifest.csv", dtype=str, keep_default_na=False)
    return _Read(
        {
            **{
                name: pd.concat([part.tables[name] for part in read], ignore_index=True)
                for name in read[0].tables
            },
            "cases": truth[["case_id", "site", "label", "sign", "level", *TRUTH_COLUMNS]],
        },
        tuple(film for part in read for film in part.found),
    )


def _read_part(folder: Path, patients: Sequence[_Sealed]) -> _Read:
    """Some patients read at their marked level, and, examined once, as if unmarked and at every level."""
    examiner = Examiner.open(folder)
    asked = examiner.reader.weights.asks_disease
    marked, unmarked, levels, films = [], [], [], []
    for patient in patients:
        pair = read_case(patient.case)
        found = examine_unmarked(pair, examiner)
        marked += prediction_rows(patient.case, examiner.reader.read(pair))
        unmarked += prediction_rows(patient.case, read_examined(found, examiner))
        levels += level_rows(patient.case, patient.known, found)
        films += [
            against_marks(film, pair.films[film.view], found.spines[film.view]) for film in patient.marked
        ]
    return _Read(
        {
            "predictions": predictions_table(marked, asked=asked),
            "unmarked": predictions_table(unmarked, asked=asked),
            "levels": levels_table(levels),
        },
        tuple(films),
    )


def _write_table(path: Path, parts: Sequence[pd.DataFrame]) -> str:
    table = pd.concat(parts, ignore_index=True)
    figures = table.select_dtypes("float").columns
    table[figures] = table[figures].map(_rounded)
    content = table.to_parquet(index=False, compression="zstd")
    write_atomically(path, content)
    return hashlib.sha256(content).hexdigest()


def _rounded(figure: float) -> float:
    """To five digits that count: more says nothing, and costs room."""
    return float(f"{figure:.5g}")
