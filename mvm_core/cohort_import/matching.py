"""One row of labels and its study -> a pair of films with boxes at the named level, or what is doubtful."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mvm_core.cohort_import.films import FilmFile
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.errors import FilmError, StudyError
from mvm_core.examination.places import box_of
from mvm_core.imaging import check_pair, pair_films, read_film
from mvm_core.language import gettext
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.spine import Finder, Spine

_SURE = 0.5
"""Probability of a level's name from which on it is believed without a person."""


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
    """

    row: LabelRow
    pair: FilmPair | None
    files: Mapping[View, FilmFile] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def match(row: LabelRow, studies: Mapping[str, Sequence[FilmFile]], finder: Finder) -> Match:
    """Find films and boxes of one row.

    Parameters
    ----------
    row : LabelRow
    studies : mapping of str to sequence of FilmFile
        That it may mean.
    finder : Finder
    """
    if not studies:
        return Match(row, None, doubts=(gettext("no study of this patient or number is there"),))
    if len(studies) > 1:
        told = gettext("{count} studies fit; tell the date or the accession number", count=len(studies))
        return Match(row, None, doubts=(told,))
    (files,) = studies.values()
    films = list(_spine_films(files, finder))
    if not films:
        return Match(row, None, doubts=(gettext("no film of a spine is in the study"),))
    views = [spine.view for _, _, spine in films]
    if len(set(views)) < len(views):
        told = gettext("{count} films of one view are in the study", count=len(views))
        return Match(row, None, doubts=(told,))
    try:
        pair = pair_films([_viewed(film, spine) for _, film, spine in films])
    except StudyError as error:
        return Match(row, None, doubts=(error.problem,))
    spines = {spine.view: spine for _, _, spine in films}
    boxes = {view: _box(row.level, spine) for view, spine in spines.items()}
    pair = FilmPair(pair.ap, pair.lateral, ap_box=boxes.get(View.AP), lateral_box=boxes.get(View.LATERAL))
    doubts = (
        *(concern.told for concern in check_pair(pair) if concern.confirm),
        *_doubts(row, films, spines),
    )
    return Match(row, pair, {spine.view: file for file, _, spine in films}, doubts)


def _spine_films(files: Sequence[FilmFile], finder: Finder) -> Iterator[tuple[FilmFile, Radiograph, Spine]]:
    for file in files:
        try:
            film = read_film(file.path)
        except FilmError:
            continue
        spine = finder.find(film)
        if spine.refused is None:
            yield file, film, spine


def _viewed(film: Radiograph, spine: Spine) -> Radiograph:
    return replace(film, view=spine.view)


def _box(level: str, spine: Spine) -> Box | None:
    vertebra = spine.by_level.get(level)
    if vertebra is None or spine.turned_degrees:
        return None
    return box_of(vertebra)


def _doubts(
    row: LabelRow, films: Sequence[tuple[FilmFile, Radiograph, Spine]], spines: Mapping[View, Spine]
) -> Iterator[str]:
    for _, film, spine in films:
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
        if film.view is not None and film.view is not spine.view:
            yield gettext("the {view} film is named otherwise", view=spine.view.label)
    if len(spines) < len(View):
        yield gettext("there is one film alone")
