"""`train-spine`: cohorts and real films in, the finder of a weights folder out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from mvm_core.cohort import Case, read_manifest
from mvm_core.cohort.levels import LevelRow, read_levels
from mvm_core.cohort.marked_films import read_marked, to_learn
from mvm_core.evaluation import read_film_of
from mvm_core.imaging import read_film
from mvm_core.radiograph import View
from mvm_core.side_by_side import over_jobs
from mvm_core.training.averaging import mean_of
from mvm_core.training.networks import LITE0_SHA256
from mvm_core.training.spine.films import LONGEST_SIDE, TrainingFilm, training_film, usual_bodies
from mvm_core.training.spine.release import measure_reliability, write_finder
from mvm_core.training.spine.task import finder_task, started
from mvm_core.training.steps import StepSettings, train_by_steps

CHECKPOINT = "spine.checkpoint"
REAL_SHARE = 0.4
"""Of the films drawn, where real ones are learnt from and nothing else is said."""

_LEAST_VISIBLE = 0.5
_UNMARKED = ((np.nan, np.nan), (np.nan, np.nan))


def train_spine(
    cohorts: Sequence[Path],
    out: Path,
    settings: StepSettings,
    *,
    real: Path | None = None,
    real_share: float = REAL_SHARE,
    start: Path | None = None,
    average: bool = False,
    resume: bool = False,
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Train and write the finder; gives its manifest.

    Parameters
    ----------
    cohorts : sequence of Path
        Simulated cohorts with a levels.csv; films of their training split, or all where there is none.
    real : Path, optional
        Folder of marked real films, whose AP films of the training part are learnt from.
    real_share : float
        Of the films drawn, those that are real, in [0, 1].
    start : Path, optional
        Checkpoint of an earlier run, or its graph, whose weights are started from; else those of ImageNet.
    average : bool
        Whether what is written is the mean of the weights started from and those that they became
        (Wortsman et al., Model soups, ICML 2022).
    workers : int
        Processes that read films, and threads that draw batches ahead.

    Raises
    ------
    TrainingError
        If there is nothing to learn from.
    TableError, FilmError
        If a cohort or a film cannot be read.
    """
    tell = progress or (lambda title, done, total: None)
    simulated, learnt = films_to_learn(cohorts, real, workers, tell)
    shares = film_shares(len(simulated), len(learnt), real_share)
    network = train_by_steps(
        finder_task([*simulated, *learnt], shares, settings, start),
        settings,
        out / CHECKPOINT,
        resume=resume,
        threads=workers,
        progress=lambda done, total: tell("Training", done, total),
    )
    if average and start is not None:
        network = mean_of(network, started(start))
    trained_on = {
        "cohorts": {folder.name: read_manifest(folder).fingerprint for folder in cohorts},
        "simulated_films": len(simulated),
        "real_ap_films": len(learnt),
        "real_share": real_share if simulated and learnt else float(bool(learnt)),
        "settings": asdict(settings),
        "averaged_with_start": average and start is not None,
        "start": LITE0_SHA256 if start is None else hashlib.sha256(start.read_bytes()).hexdigest(),
    }
    manifest = write_finder(out, network, trained_on)
    if real is not None:
        measure_reliability(out, real)
    return manifest


def films_to_learn(
    cohorts: Sequence[Path],
    real: Path | None,
    workers: int,
    tell: Callable[[str, int, int], None],
    views: Sequence[View] = tuple(View),
    longest_side: int = LONGEST_SIDE,
) -> tuple[list[TrainingFilm], list[TrainingFilm]]:
    """The simulated films of cohorts and the real ones of a folder that may be learnt from."""
    simulated = [
        film
        for cohort in cohorts
        for film in cohort_films(
            cohort, lambda done, total: tell("Reading films", done, total), workers, views, longest_side
        )
    ]
    return simulated, real_films(real) if real is not None and View.AP in views else []


def film_shares(simulated: int, real: int, real_share: float) -> list[float]:
    """How often each film is drawn, simulated ones first: together, and one among its kind."""
    if not simulated or not real:
        return [1.0] * (simulated + real)
    return [(1 - real_share) / simulated] * simulated + [real_share / real] * real


def cohort_films(
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    workers: int = 1,
    views: Sequence[View] = tuple(View),
    longest_side: int = LONGEST_SIDE,
) -> list[TrainingFilm]:
    """The films of some views of a simulated cohort that may be learnt from, with their marks."""
    cohort = read_manifest(folder)
    rows: dict[tuple[str, View], list[LevelRow]] = {}
    for row in read_levels(folder):
        # The sacrum is no body that an AP film shows.
        if not (row.view is View.AP and row.level == "S1"):
            rows.setdefault((row.case_id, row.view), []).append(row)
    jobs = [
        (case, view, rows[case.case_id, view])
        for case in cohort.cases
        if case.split in ("train", "external")
        for view in views
        if case.film(view) is not None and len(rows.get((case.case_id, view), [])) > 1
    ]
    return list(over_jobs(partial(_film, longest_side), jobs, workers, progress))


def _film(longest_side: int, job: tuple[Case, View, list[LevelRow]]) -> TrainingFilm:
    case, view, marked = job
    film = read_film_of(case, view)
    if film is None:
        raise ValueError(f"{case.case_id} has no {view.label} film")
    return training_film(
        film.name,
        film.pixels,
        view,
        np.array([row.corners for row in marked]),
        [row.level for row in marked],
        # Of an AP film the neck and the sacrum are bodies too, which nobody marks on a real one either.
        complete=view is View.LATERAL,
        # Simulated lateral films face right.
        mirrored=view is View.LATERAL,
        shown=[row.visible >= _LEAST_VISIBLE for row in marked],
        middles=np.array([row.middles or _UNMARKED for row in marked]),
        longest_side=longest_side,
    )


def real_films(folder: Path) -> list[TrainingFilm]:
    """The real AP films of the training part with their marks; without names where marks are odd.

    Films marked at their discs take no part.
    """
    films = []
    for marked in to_learn(read_marked(folder), "train"):
        usual = usual_bodies(marked.corners)
        films.append(
            training_film(
                marked.path.name,
                read_film(marked.path).pixels,
                marked.view,
                marked.corners,
                marked.levels if usual.all() else [""] * len(usual),
                complete=False,
                mirrored=None,
                shown=usual.tolist(),
            )
        )
    return films
