"""What the rule for distances from the training films is good for: shares beyond it, error by distance."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.manifest import LABELS
from mvm_core.errors import FilmError, WeightsError
from mvm_core.evaluation import read_case, read_film_of
from mvm_core.explain.off_centre import moved_box
from mvm_core.files import write_atomically
from mvm_core.imaging import read_film, with_view
from mvm_core.models.reader import Reader
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.training.real_rows import rows_of_part
from mvm_core.validation.calibration import brier_score

RECORD = "distance.json"
CORRUPTED = 30
"""Patients whose films are corrupted."""

BINS = ((0.0, 50.0), (50.0, 90.0), (90.0, 99.0), (99.0, 100.0))
"""Of percentiles, the upper end included."""

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class _Seen:
    """One film as it was judged."""

    films: str
    view: View
    unlike: bool


@dataclass(frozen=True)
class _Read:
    """One pair of a metastasis or a fracture as it was read."""

    films: str
    percentile: float
    mvm: bool
    probability: float


def _noisy(pixels: Pixels) -> Pixels:
    noise = np.random.default_rng(0).normal(0, 0.15, pixels.shape)
    return np.clip(pixels + noise, 0, 1).astype(np.float32)


def _half_black(pixels: Pixels) -> Pixels:
    cut = pixels.copy()
    cut[:, : pixels.shape[1] // 2] = 0
    return cut


CORRUPTIONS: dict[str, Callable[[Pixels], Pixels]] = {
    "noise of 0.15 of full white": _noisy,
    "blurred by 8 pixels": lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 8).astype(np.float32),
    "inverted": lambda pixels: (1 - pixels).astype(np.float32),
    "left half black": _half_black,
    "eight grey values": lambda pixels: (np.round(pixels * 7) / 7).astype(np.float32),
}
"""What is done to whole films, which keeps their shape."""

TURNED, BESIDE = "turned by 90 degrees", "box 70 mm beside the spine"


def check_distance(
    reader: Reader,
    cohorts: Sequence[Cohort],
    *,
    real: Path | None = None,
    part: str = "tune",
    foreign: Path | None = None,
    patients: int = 100,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Judge films that the rule was not fitted on.

    Parameters
    ----------
    reader : Reader
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
        ``shares`` (`films`, `view`, `n`, `beyond`) and ``error`` (`films`, `low`, `high` percentile, `n`,
        `wrong` side of 0.5, `brier`).

    Raises
    ------
    WeightsError
        If the weights hold no rule.
    """
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
            found = reader.read(read_case(case))
            seen += [_Seen(name, view, each.unlike) for view, each in found.distances.items()]
            if case.label in LABELS and found.distances:
                percentile = max(each.percentile for each in found.distances.values())
                read.append(_Read(name, percentile, case.label == "mvm", found.leading.probability))
            report(f"Reading {name}", done, len(cases))
    for done, case in enumerate(chosen := _drawn(cohorts[0].cases, CORRUPTED), start=1):
        seen += _corrupted(reader, read_case(case))
        report("Corrupting films", done, len(chosen))
    if real is not None:
        seen += _real(reader, real, part)
    if foreign is not None:
        seen += _foreign(reader, foreign)
    return {"shares": list(_shares(seen)), "error": list(_errors(read))}


def record_distance(folder: Path, weights: str, found: dict[str, Any]) -> Path:
    """Write the figures into a weights folder, for the card; `weights` is its identity."""
    content = json.dumps({"weights": weights, **found}, indent=2) + "\n"
    return write_atomically(folder / RECORD, content.encode())


def _drawn(cases: Sequence[Case], count: int) -> list[Case]:
    order = np.random.default_rng(0).permutation(len(cases))[:count]
    return [cases[place] for place in sorted(order)]


def _judge(reader: Reader, name: str, pair: FilmPair) -> list[_Seen]:
    return [_Seen(name, view, found.unlike) for view, found in reader.distances(pair).items()]


def _corrupted(reader: Reader, pair: FilmPair) -> Iterator[_Seen]:
    for name, change in CORRUPTIONS.items():
        yield from _judge(reader, f"corrupted: {name}", _changed(pair, change))
    yield from _judge(reader, f"corrupted: {TURNED}", _turned(pair))
    yield from _judge(reader, f"corrupted: {BESIDE}", _beside(pair))


def _changed(pair: FilmPair, change: Callable[[Pixels], Pixels]) -> FilmPair:
    def changed(film: Radiograph | None) -> Radiograph | None:
        return None if film is None else replace(film, pixels=change(film.pixels))

    return replace(pair, ap=changed(pair.ap), lateral=changed(pair.lateral))


def _turned(pair: FilmPair) -> FilmPair:
    def turned_box(box: Box | None, film: Radiograph | None) -> Box | None:
        if box is None or film is None:
            return None
        columns = film.shape[1]
        return Box(box.y0, columns - box.x1, box.y1, columns - box.x0)

    turned = _changed(pair, lambda pixels: np.ascontiguousarray(np.rot90(pixels)))
    return replace(
        turned,
        ap_box=turned_box(pair.ap_box, pair.ap),
        lateral_box=turned_box(pair.lateral_box, pair.lateral),
    )


def _beside(pair: FilmPair) -> FilmPair:
    aside = np.array([70.0, 0.0])
    return replace(
        pair,
        ap_box=moved_box(pair.ap, pair.ap_box, aside),
        lateral_box=moved_box(pair.lateral, pair.lateral_box, aside),
    )


def _real(reader: Reader, folder: Path, part: str) -> Iterator[_Seen]:
    for _, group in groupby(rows_of_part(folder, part), key=lambda row: row.ap):
        own = list(group)
        film = read_film_of(own[0], View.AP)
        for row in own[1::3][:3]:
            yield from _judge(reader, f"real AP films, {part} part", FilmPair(ap=film, ap_box=row.ap_box))


def _foreign(reader: Reader, folder: Path) -> Iterator[_Seen]:
    for path in sorted(folder.iterdir()):
        try:
            film = read_film(path)
        except FilmError:
            continue
        for view in View:
            own = with_view(film, view)
            pair = FilmPair(ap=own) if view is View.AP else FilmPair(lateral=own)
            yield from _judge(reader, "pictures of something else", pair)


def _shares(seen: Sequence[_Seen]) -> Iterator[dict[str, Any]]:
    for key in dict.fromkeys((each.films, each.view) for each in seen):
        own = [each.unlike for each in seen if (each.films, each.view) == key]
        yield {"films": key[0], "view": key[1].value, "n": len(own), "beyond": sum(own)}


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
    lines = [
        f"{row['films']:<46}{row['view']:<9}beyond the line {row['beyond']}/{row['n']}"
        for row in found["shares"]
    ]
    return "\n".join([*lines, "", *_error_lines(found["error"])])


def _error_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        brier = f"{row['brier']:.3f}" if row["brier"] is not None else "–"
        yield (
            f"{row['films']:<30}percentile {row['low']:g} to {row['high']:g}: wrong side "
            f"{row['wrong']}/{row['n']}, Brier {brier}"
        )
