"""What the rule for distances from the training films is good for: shares beyond it, error by distance."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.manifest import LABELS
from mvm_core.errors import FilmError, WeightsError
from mvm_core.evaluation import read_case, read_film_of
from mvm_core.examination import Examination, Examiner
from mvm_core.files import write_atomically
from mvm_core.imaging import read_film, with_view
from mvm_core.models.distance_words import NAME as UNLIKE_BY_NAME
from mvm_core.radiograph import FilmPair, View
from mvm_core.study.corruptions import corrupted
from mvm_core.training.real_rows import rows_of_part
from mvm_core.validation.calibration import brier_score

RECORD = "distance.json"
CORRUPTED = 30
"""Patients whose films are corrupted."""

BINS = ((0.0, 50.0), (50.0, 90.0), (90.0, 99.0), (99.0, 100.0))
"""Of percentiles, the upper end included."""

REFUSED = "no spine found"


@dataclass(frozen=True)
class _Seen:
    """One film as it was judged; `unlike` is None where no rule judges its view."""

    films: str
    view: View
    unlike: bool | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Read:
    """One pair of a metastasis or a fracture as it was read."""

    films: str
    percentile: float
    mvm: bool
    probability: float


def check_distance(
    examiner: Examiner,
    cohorts: Sequence[Cohort],
    *,
    real: Path | None = None,
    part: str = "tune",
    foreign: Path | None = None,
    patients: int = 100,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Judge films that the rule was not fitted on, by it and by the named warnings of an examination.

    Parameters
    ----------
    examiner : Examiner
        Of weights with the rule.
    cohorts : sequence of Cohort
        Simulated or own; the films of the first are corrupted too.
    real : Path, optional
        Folder of marked real films; those of `part`, at three levels of each AP film.
    part : str
        ``tune``; ``test`` once, at the end.
    foreign : Path, optional
        Folder of pictures of anything else.
    patients : int
        Drawn of each cohort.
    progress : callable, optional
        Called with what is done, how much of it is, and how much there is.

    Returns
    -------
    dict
        ``shares`` (`films`, `view`, `n`, `beyond` the line or None without one, `warned` by name, `told` by
        either, `warnings` with their counts) and ``error`` (`films`, `low`, `high` percentile, `n`, `wrong`
        side of 0.5, `brier`).

    Raises
    ------
    WeightsError
        If the weights hold no rule.
    """
    reader = examiner.reader
    if reader.rule is None:
        raise WeightsError(
            str(reader.weights.folder), "it holds no rule for distances", "run fit-distance on it first"
        )
    report = progress or (lambda _title, _done, _total: None)
    seen: list[_Seen] = []
    read: list[_Read] = []
    for cohort in cohorts:
        name = f"{'simulated' if cohort.simulated else 'own'}, site {', '.join(cohort.sites)}"
        cases = _drawn(cohort.cases, patients)
        for done, case in enumerate(cases, start=1):
            own, found = _judge(examiner, name, read_case(case))
            seen += own
            if case.label in LABELS and found.distances and found.reading is not None:
                percentile = max(each.percentile for each in found.distances.values())
                probability = found.reading.leading.probability
                read.append(_Read(name, percentile, case.label == "mvm", probability))
            report(f"Reading {name}", done, len(cases))
    for done, case in enumerate(chosen := _drawn(cohorts[0].cases, CORRUPTED), start=1):
        for what, spoilt in corrupted(read_case(case)):
            seen += _judge(examiner, f"corrupted: {what}", spoilt)[0]
        report("Corrupting films", done, len(chosen))
    if real is not None:
        seen += _real(examiner, real, part)
    if foreign is not None:
        seen += _foreign(examiner, foreign)
    return {"shares": list(_shares(seen)), "error": list(_errors(read))}


def record_distance(folder: Path, weights: str, found: dict[str, Any]) -> Path:
    """Write the figures into a weights folder, for the card; `weights` is its identity."""
    content = json.dumps({"weights": weights, **found}) + "\n"
    return write_atomically(folder / RECORD, content.encode())


def _drawn(cases: Sequence[Case], count: int) -> list[Case]:
    order = np.random.default_rng(0).permutation(len(cases))[:count]
    return [cases[place] for place in sorted(order)]


def _judge(examiner: Examiner, name: str, pair: FilmPair) -> tuple[list[_Seen], Examination]:
    """What is said of each film of a pair, with its boxes where it has some."""
    found = examiner.examine(pair)
    distances = found.distances or examiner.reader.distances(found.pair)
    seen = []
    for view in pair.views:
        own = distances.get(view)
        names = tuple(dict.fromkeys(concern.name for concern in found.concerns if concern.view is view))
        refused = (REFUSED,) if found.spines[view].refused is not None else ()
        seen.append(_Seen(name, view, own.unlike if own is not None else None, (*names, *refused)))
    return seen, found


def _real(examiner: Examiner, folder: Path, part: str) -> Iterator[_Seen]:
    for _, group in groupby(rows_of_part(folder, part), key=lambda row: row.ap):
        own = list(group)
        film = read_film_of(own[0], View.AP)
        for row in own[1::3][:3]:
            pair = FilmPair(ap=film, ap_box=row.ap_box)
            yield from _judge(examiner, f"real AP films, {part} part", pair)[0]


def _foreign(examiner: Examiner, folder: Path) -> Iterator[_Seen]:
    for path in sorted(folder.iterdir()):
        try:
            film = read_film(path)
        except FilmError:
            continue
        for view in View:
            own = with_view(film, view)
            pair = FilmPair(ap=own) if view is View.AP else FilmPair(lateral=own)
            yield from _judge(examiner, "pictures of something else", pair)[0]


def _shares(seen: Sequence[_Seen]) -> Iterator[dict[str, Any]]:
    for key in dict.fromkeys((each.films, each.view) for each in seen):
        own = [each for each in seen if (each.films, each.view) == key]
        counted = Counter(name for each in own for name in each.warnings if name != UNLIKE_BY_NAME)
        warned = [bool(set(each.warnings) - {UNLIKE_BY_NAME}) for each in own]
        judged = any(each.unlike is not None for each in own)
        yield {
            "films": key[0],
            "view": key[1].value,
            "n": len(own),
            "beyond": sum(bool(each.unlike) for each in own) if judged else None,
            "warned": sum(warned),
            "told": sum(bool(each.unlike) or by_name for each, by_name in zip(own, warned, strict=True)),
            "warnings": dict(counted.most_common()),
        }


def _errors(read: Sequence[_Read]) -> Iterator[dict[str, Any]]:
    for films in dict.fromkeys(each.films for each in read):
        for low, high in BINS:
            own = [
                each
                for each in read
                if each.films == films and (low < each.percentile or low == 0) and each.percentile <= high
            ]
            wrong = sum((each.probability >= 0.5) != each.mvm for each in own)
            yield {
                "films": films,
                "low": low,
                "high": high,
                "n": len(own),
                "wrong": wrong,
                "brier": brier_score([each.mvm for each in own], [each.probability for each in own])
                if own
                else None,
            }


def check_as_text(found: dict[str, Any]) -> str:
    """The shares and the errors as lines."""
    lines = []
    for row in found["shares"]:
        beyond = f"{row['beyond']:>3}" if row["beyond"] is not None else "  –"
        named = ", ".join(f"{name} {count}" for name, count in row["warnings"].items())
        lines.append(
            f"{row['films']:<46}{row['view']:<9}beyond the line {beyond}, warned of {row['warned']:>3}, "
            f"either {row['told']:>3} of {row['n']}" + (f"  ({named})" if named else "")
        )
    return "\n".join([*lines, "", *_error_lines(found["error"])])


def _error_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        brier = f"{row['brier']:.3f}" if row["brier"] is not None else "–"
        yield (
            f"{row['films']:<30}percentile {row['low']:g} to {row['high']:g}: wrong side "
            f"{row['wrong']}/{row['n']}, Brier {brier}"
        )
