"""What a person needs to settle a doubtful row: small pictures of its films, and what was found on them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort_import.matching import Match, SeenFilm
from mvm_core.cohort_import.meaning import days_before
from mvm_core.deidentification import TextFinder
from mvm_core.deidentification.burnt_in import painted_over
from mvm_core.examination.places import box_of
from mvm_core.files import write_atomically
from mvm_core.radiograph import Box, View

PREVIEWS = "doubtful"
_COLOUR = (0, 200, 255)


@dataclass(frozen=True)
class FoundVertebra:
    """A vertebra that was found on a film.

    Attributes
    ----------
    level : str
        As the finder names it.
    probability : float
        That the level is right, in [0, 1].
    box : tuple of float
        x0, y0, x1, y1 in pixels of the film.
    """

    level: str
    probability: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class FilmToChoose:
    """A film that a doubtful row may mean.

    Attributes
    ----------
    film : str
        What stands for it in the table.
    study : int
        Of the row's studies, the newest is 1.
    days_before : int or None
        By how many days it is older than the newest film.
    view : str
        As the spine looks.
    turned_degrees : int
    picture : str
        Its small picture, relative to the cohort's folder.
    scale : float
        Pixels of the picture in one of the film.
    vertebrae : tuple of FoundVertebra
        From above; none on a film that lies turned.
    texts : tuple of tuple of float
        Where text was found that may not have been made out, as boxes in pixels of the film.
    """

    film: str
    study: int
    days_before: int | None
    view: str
    turned_degrees: int
    picture: str
    scale: float
    vertebrae: tuple[FoundVertebra, ...] = ()
    texts: tuple[tuple[float, float, float, float], ...] = ()


def write_previews(
    out: Path,
    case_id: str,
    found: Match,
    text_finder: TextFinder | None,
    token: Callable[[str], str],
    texts: Mapping[View, Sequence[Box]],
) -> str:
    """Write the pictures of a doubtful row, and one of the pair with its boxes.

    Text that is found in the small pictures is painted over; what is too small to be found there cannot be
    read either.

    Returns
    -------
    str
        The picture of the pair, relative to the folder; empty where there is no film.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    studies = {study: at for at, study in enumerate(dict.fromkeys(s.file.study for s in found.seen), start=1)}
    days = days_before([seen.file for seen in found.seen])
    films, pictures = [], []
    for seen in found.seen:
        small, name = seen.small, f"{PREVIEWS}/{case_id}-{token(seen.file.identity)}.png"
        if text_finder is not None:
            small = painted_over(small, text_finder.find(small))
        write_atomically(out / name, _as_png(small))
        films.append(
            FilmToChoose(
                film=token(seen.file.identity),
                study=studies[seen.file.study],
                days_before=days[seen.file.identity],
                view=seen.spine.view.value,
                turned_degrees=seen.spine.turned_degrees,
                picture=name,
                scale=small.shape[0] / seen.shape[0],
                vertebrae=_vertebrae(seen),
                texts=tuple(_corners(box) for box in texts.get(seen.spine.view, ())),
            )
        )
        box = found.pair.box(seen.spine.view) if found.pair is not None else None
        pictures.append(_with_box(small, box, small.shape[0] / seen.shape[0]))
    write_atomically(
        out / PREVIEWS / f"{case_id}.json", json.dumps([asdict(film) for film in films]).encode()
    )
    if not pictures:
        return ""
    preview = f"{PREVIEWS}/{case_id}.png"
    write_atomically(out / preview, _as_png(_side_by_side(pictures)))
    return preview


def read_previews(out: Path, case_id: str) -> tuple[FilmToChoose, ...]:
    """The films of a doubtful row; none where there are none, or they were written by an earlier version."""
    try:
        said = json.loads((out / PREVIEWS / f"{case_id}.json").read_text())
        known = {column.name for column in fields(FilmToChoose)}
        return tuple(
            FilmToChoose(
                **{name: value for name, value in each.items() if name in known - {"vertebrae", "texts"}},
                vertebrae=tuple(
                    FoundVertebra(one["level"], one["probability"], tuple(one["box"]))
                    for one in each["vertebrae"]
                ),
                texts=tuple(tuple(box) for box in each["texts"]),
            )
            for each in said
        )
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def _vertebrae(seen: SeenFilm) -> tuple[FoundVertebra, ...]:
    if seen.spine.turned_degrees:
        return ()
    return tuple(
        FoundVertebra(each.level, round(each.level_probability, 3), _corners(box_of(each)))
        for each in seen.spine.vertebrae
    )


def _corners(box: Box) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(float(value), 1) for value in (box.x0, box.y0, box.x1, box.y1))
    return x0, y0, x1, y1


def _with_box(small: NDArray[np.uint8], box: Box | None, scale: float) -> NDArray[np.uint8]:
    picture = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    if box is not None:
        corners = [int(value * scale) for value in (box.x0, box.y0, box.x1, box.y1)]
        cv2.rectangle(picture, corners[:2], corners[2:], _COLOUR, 2)
    return np.asarray(picture, np.uint8)


def _side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    height = max(picture.shape[0] for picture in pictures)
    padded = [cv2.copyMakeBorder(p, 0, height - p.shape[0], 0, 8, cv2.BORDER_CONSTANT) for p in pictures]
    return np.asarray(np.hstack(padded), np.uint8)


def _as_png(picture: NDArray[np.uint8]) -> bytes:
    _, encoded = cv2.imencode(".png", picture)
    return encoded.tobytes()
