"""Files -> the films of one study -> a pair."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from mvm_core.decoders.pool import DecoderStoppedError
from mvm_core.errors import FilmError, NotARadiographError, StudyError
from mvm_core.imaging.archive import StudyFile, is_archive, members_of
from mvm_core.imaging.film import read_film
from mvm_core.imaging.identity import refuse_same_film
from mvm_core.imaging.kinds import looks_like_film
from mvm_core.imaging.views import PLEASE_CONFIRM, with_view
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import FilmPair, Radiograph, View

MAX_FILMS = 12
"""Of an archive; more are not read."""

MAX_ARCHIVE_PIXELS = 120_000_000
"""Of all films of an archive together."""

ARCHIVE_LIMIT_S = 30.0
"""Seconds by the clock for an archive."""

_MOST_STOPPED = 2


def read_study(files: Sequence[StudyFile]) -> tuple[Radiograph, ...]:
    """Read the one or two films of a study.

    An archive may hold more, if exactly one AP and one lateral film are told apart. What is no film is passed
    over in archives, a damaged film there with a warning.

    Raises
    ------
    FilmError
        If a file that was dropped cannot be read as a film.
    StudyError
        If there is no film, or there are more than two and no telling which ones are meant.
    """
    if not files:
        raise StudyError(
            "study", gettext("there is no file in it"), gettext("drop an AP film, a lateral film or both")
        )
    films: list[Radiograph] = []
    for file in files:
        films.extend(_read_archive(file) if is_archive(file) else [read_film(file.content, file.name)])
    if len(films) <= 2:
        return tuple(films)
    meant = _the_two_meant(films) if any(is_archive(file) for file in files) else ()
    if not meant:
        raise StudyError(
            _listed(films),
            gettext("these are {films} films, not a pair", films=len(films)),
            gettext("choose one AP and one lateral film and drop them"),
        )
    return meant


def _read_archive(archive: StudyFile) -> list[Radiograph]:
    films: list[Radiograph] = []
    refused: list[FilmError] = []
    damaged: list[str] = []
    latest = perf_counter() + ARCHIVE_LIMIT_S
    for file in members_of(archive):
        try:
            films.append(read_film(file.content, file.name))
        except FilmError as error:
            refused.append(error)
            stopped = sum(isinstance(each, DecoderStoppedError) for each in refused)
            if stopped >= _MOST_STOPPED or perf_counter() > latest:
                raise StudyError(
                    archive.name,
                    gettext("the files in the ZIP archive take too much time or memory to read"),
                    gettext("pack the AP and the lateral film alone"),
                ) from error
            if looks_like_film(file.content) and not isinstance(error, NotARadiographError):
                damaged.append(
                    gettext(
                        "{subject}: passed over, because {problem}.",
                        subject=error.subject,
                        problem=error.problem,
                    )
                )
        pixels = sum(film.pixels.size for film in films)
        if len(films) > MAX_FILMS or pixels > MAX_ARCHIVE_PIXELS:
            many = (
                gettext("{max_films} films", max_films=MAX_FILMS)
                if len(films) > MAX_FILMS
                else gettext("{max_archive_pixels:,} pixels", max_archive_pixels=MAX_ARCHIVE_PIXELS)
            )
            raise StudyError(
                archive.name,
                gettext("the ZIP archive holds more than {many}", many=many),
                gettext("choose one AP and one lateral film and drop them"),
            )
    if not films:
        if len(refused) == 1:
            raise refused[0]
        raise StudyError(
            archive.name, gettext("none of its files is a film"), gettext("pack the AP and the lateral film")
        )
    return [dataclasses.replace(film, warnings=(*film.warnings, *damaged)) for film in films]


def _the_two_meant(films: Sequence[Radiograph]) -> tuple[Radiograph, ...]:
    """The only AP and the only lateral film; empty where there are more of them or fewer."""
    by_view = {view: [film for film in films if film.view is view] for view in View}
    if any(len(found) != 1 for found in by_view.values()):
        return ()
    note = gettext(
        "{films} films were found; the only AP and the only lateral one were taken.", films=len(films)
    )
    return tuple(
        dataclasses.replace(found[0], warnings=(*found[0].warnings, note)) for found in by_view.values()
    )


def _listed(films: Sequence[Radiograph]) -> str:
    shown = [
        f"{film.name} ({film.view.label if film.view else gettext('view unknown')})" for film in films[:6]
    ]
    return ", ".join(shown) + (", ..." if len(films) > 6 else "")


def pair_films(films: Sequence[Radiograph]) -> FilmPair:
    """Put one or two films in their places.

    A view that nothing tells is taken from the other film, else assumed, with a warning.

    Raises
    ------
    StudyError
        If there is no film, more than two, two of the same view, or the same film twice.
    """
    if not 1 <= len(films) <= 2:
        raise StudyError(
            "study",
            gettext("it has {films} films", films=len(films)),
            gettext("give an AP film, a lateral film or both"),
        )
    if len(films) == 1:
        return _placed([films[0] if films[0].view is not None else _assume(films[0], View.AP)])
    first, second = films
    refuse_same_film(first, second)
    if first.view is None and second.view is None:
        return _placed([_assume(first, View.AP), _assume(second, View.LATERAL)])
    if first.view is None:
        first = with_view(first, _other(second), gettext_noop("the other film's view"))
    elif second.view is None:
        second = with_view(second, _other(first), gettext_noop("the other film's view"))
    elif first.view is second.view:
        raise StudyError(
            gettext("{ap} and {lateral}", ap=first.name, lateral=second.name),
            gettext("both are {view} films", view=first.view.label),
            gettext("replace one of them by the other view, or set its view by hand"),
        )
    return _placed([first, second])


def read_pair(ap: Path | StudyFile | None = None, lateral: Path | StudyFile | None = None) -> FilmPair:
    """Read films whose views are known, as ``predict`` does.

    Raises
    ------
    FilmError
        If one cannot be read as a radiograph.
    """
    return FilmPair(ap=_read_as(ap, View.AP), lateral=_read_as(lateral, View.LATERAL))


def _read_as(file: Path | StudyFile | None, view: View) -> Radiograph | None:
    if file is None:
        return None
    film = read_film(file) if isinstance(file, Path) else read_film(file.content, file.name)
    return with_view(film, view)


def _placed(films: Sequence[Radiograph]) -> FilmPair:
    by_view = {film.view: film for film in films}
    return FilmPair(ap=by_view.get(View.AP), lateral=by_view.get(View.LATERAL))


def _other(film: Radiograph) -> View:
    return View.LATERAL if film.view is View.AP else View.AP


def _assume(film: Radiograph, view: View) -> Radiograph:
    note = gettext(
        "{film}: nothing tells its view, so it is taken for the {view} film{please_confirm}",
        film=film.name,
        view=view.label,
        please_confirm=gettext(PLEASE_CONFIRM),
    )
    return dataclasses.replace(
        film, view=view, view_source=gettext_noop("assumed"), warnings=(*film.warnings, note)
    )
