"""One row of labels and its study -> a pair of films with boxes at the named level, or what is doubtful."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort_import.films import FilmFile
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.meaning import Meant
from mvm_core.cohort_import.settled import Doubtful
from mvm_core.errors import FilmError, StudyError
from mvm_core.examination.places import box_of
from mvm_core.imaging import check_pair, pair_films, read_film, with_view
from mvm_core.imaging.identity import refuse_same_film
from mvm_core.language import gettext
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.spine import Finder, Spine

MOST_FILMS = 12
"""That a person is asked to choose from."""

_SURE = 0.5
"""Probability of a level's name from which on it is believed without a person."""

_PREVIEW_PX = 900


@dataclass(frozen=True)
class SeenFilm:
    """A film with a spine on it, of those that a row may mean.

    Attributes
    ----------
    file : FilmFile
    spine : Spine
    shape : tuple of int
        Rows and columns of the film.
    small : uint8 array, shape (rows, columns)
        The film made small.
    told : View or None
        What its header or its name says of its view.
    film : Radiograph or None
        None where there are too many to keep.
    """

    file: FilmFile
    spine: Spine
    shape: tuple[int, int]
    small: NDArray[np.uint8] = field(repr=False)
    told: View | None = None
    film: Radiograph | None = None


@dataclass(frozen=True)
class Match:
    """What a row of labels was found to mean.

    Attributes
    ----------
    row : LabelRow
    pair : FilmPair or None
        With the boxes that were found; None where no pair of films is told.
    files : mapping of View to FilmFile
    doubts : tuple of str
        What a person should settle, one clause each.
    seen : tuple of SeenFilm
        Films to choose from.
    """

    row: LabelRow
    pair: FilmPair | None
    files: Mapping[View, FilmFile] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    seen: tuple[SeenFilm, ...] = ()


def match(row: LabelRow, meant: Meant, finder: Finder) -> Match:
    """Find films and boxes of one row.

    Parameters
    ----------
    row : LabelRow
    meant : Meant
        Studies that it may mean.
    finder : Finder
    """
    files, doubts = meant.films, meant.doubts
    if not files:
        return Match(row, None, doubts=(gettext("no study of this patient or number is there"), *doubts))
    if len(files) > MOST_FILMS:
        told = gettext("{count} films fit; tell the date or the accession number", count=len(files))
        return Match(row, None, doubts=(told, *doubts))
    seen = tuple(_spine_films(files, finder))
    if not seen:
        return Match(row, None, doubts=(gettext("no film of a spine is in the study"), *doubts))
    studies = len({each.file.study for each in seen})
    views = [each.spine.view for each in seen]
    if studies > 1:
        told = gettext("{count} studies fit; tell the date or the accession number", count=studies)
        return Match(row, None, doubts=(told, *doubts), seen=seen)
    if len(set(views)) < len(views):
        told = gettext("{count} films of one view are in the study", count=len(views))
        return Match(row, None, doubts=(told, *doubts), seen=seen)
    try:
        pair = pair_films([_viewed(each) for each in seen])
    except StudyError as error:
        return Match(row, None, doubts=(error.problem, *doubts), seen=seen)
    boxes = {each.spine.view: box_at(row.level, each.spine) for each in seen}
    pair = replace(pair, ap_box=boxes.get(View.AP), lateral_box=boxes.get(View.LATERAL))
    doubts = (
        *(concern.told for concern in check_pair(pair) if concern.confirm),
        *doubts,
        *_doubts(row, seen),
    )
    return Match(row, pair, {each.spine.view: each.file for each in seen}, doubts, seen)


def as_settled(row: LabelRow, meant: Meant, settled: Doubtful, token: Callable[[str], str]) -> Match | None:
    """What a person has said that a row means; None where the person did not say which films.

    Parameters
    ----------
    row : LabelRow
    meant : Meant
    settled : Doubtful
    token : callable
        What stands for a film's identity in the table.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    boxes = {view: box for view in View if (box := settled.box(view)) is not None}
    if not boxes or not all(settled.film(view) for view in boxes):
        return None
    by_token = {token(file.identity): file for file in meant.films}
    files = {view: by_token[settled.film(view)] for view in boxes if settled.film(view) in by_token}
    if len(files) < len(boxes):
        return Match(row, None, doubts=(gettext("the films that were chosen are not there any more"),))
    films = {view: with_view(read_film(file.read(), file.name), view) for view, file in files.items()}
    if len(films) == len(View):
        try:
            refuse_same_film(films[View.AP], films[View.LATERAL])
        except StudyError as error:
            return Match(row, None, doubts=(error.problem,))
    pair = FilmPair(films.get(View.AP), films.get(View.LATERAL), boxes.get(View.AP), boxes.get(View.LATERAL))
    return Match(row, pair, files)


def box_at(level: str, spine: Spine) -> Box | None:
    """The box of a level on a film that lies upright."""
    vertebra = spine.by_level.get(level)
    if vertebra is None or spine.turned_degrees:
        return None
    return box_of(vertebra)


def _spine_films(files: Sequence[FilmFile], finder: Finder) -> Iterator[SeenFilm]:
    for file in files:
        try:
            film = read_film(file.read(), file.name)
        except FilmError:
            continue
        spine = finder.find(film)
        if spine.refused is None:
            kept = film if len(files) <= len(View) else None
            yield SeenFilm(file, spine, film.shape, made_small(film), film.view, kept)


def made_small(film: Radiograph) -> NDArray[np.uint8]:
    """A film in 8 bits, no higher than a screen."""
    grey = np.round(film.pixels * 255).astype(np.uint8)
    shrink = min(1.0, _PREVIEW_PX / grey.shape[0])
    return np.asarray(cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)


def _viewed(seen: SeenFilm) -> Radiograph:
    film = seen.film if seen.film is not None else read_film(seen.file.read(), seen.file.name)
    return replace(film, view=seen.spine.view)


def _doubts(row: LabelRow, seen: Sequence[SeenFilm]) -> Iterator[str]:
    for each in seen:
        spine = each.spine
        vertebra = spine.by_level.get(row.level)
        if spine.turned_degrees:
            yield gettext("the {view} film lies turned", view=spine.view.label)
        elif vertebra is None:
            yield gettext("{level} is not found on the {view} film", level=row.level, view=spine.view.label)
        elif vertebra.level_probability < _SURE:
            yield gettext(
                "the {view} film may be numbered otherwise ({level} with {probability:.2f})",
                view=spine.view.label,
                level=row.level,
                probability=vertebra.level_probability,
            )
        if each.told is not None and each.told is not spine.view:
            yield gettext("the {view} film is named otherwise", view=spine.view.label)
    if len(seen) < len(View):
        yield gettext("there is one film alone")
