"""Films of a study -> pairs that are read together: by what the spine on each film shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mvm_core.imaging import pair_films, with_view
from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.spine import Spine

_SAME_PLACE = 0.5
"""Share of levels in common, of all on both, from which a film of the same view was taken again."""

_LEAST_THERE = 0.3


@dataclass(frozen=True)
class SpineFilm:
    """A film with a spine on it.

    Attributes
    ----------
    instance : str
        Its SOP Instance UID.
    film : Radiograph
    spine : Spine
        Not refused.
    taken : tuple of str
        By which films are told to be later: date, time, number.
    """

    instance: str
    film: Radiograph
    spine: Spine
    taken: tuple[str, ...] = ()

    @property
    def view(self) -> View:
        """As the header says, else as the spine looks."""
        return self.film.view or self.spine.view

    @property
    def levels(self) -> frozenset[str]:
        """Levels that it shows; none of a film that lies turned."""
        if self.spine.turned_degrees:
            return frozenset()
        return frozenset(each.level for each in self.spine.vertebrae if each.probability >= _LEAST_THERE)


@dataclass(frozen=True)
class Sorted:
    """Films that are read together, and those left out, by instance, with the reason."""

    together: tuple[tuple[SpineFilm, ...], ...]
    left_out: dict[str, str] = field(default_factory=dict)


def sort_films(films: Sequence[SpineFilm]) -> Sorted:
    """Put the films of one study together that show the same part of the spine.

    Of films of one view that show mostly the same levels the latest counts. An AP film and a lateral one that
    share levels are a pair, those that share most first; a film without another is read alone.
    """
    kept: list[SpineFilm] = []
    left_out: dict[str, str] = {}
    for film in sorted(films, key=lambda each: (each.taken, each.instance), reverse=True):
        later = next((each for each in kept if _taken_again(film, each)), None)
        if later is None:
            kept.append(film)
        else:
            left_out[film.instance] = "a later film shows the same levels in the same view"
    kept.reverse()
    ap, lateral = ([film for film in kept if film.view is view] for view in View)
    candidates = sorted(
        ((a, b) for a in ap for b in lateral if _belong(a, b, len(ap) + len(lateral))),
        key=lambda pair: len(pair[0].levels & pair[1].levels),
        reverse=True,
    )
    together: list[tuple[SpineFilm, ...]] = []
    for pair in candidates:
        if not any(film in taken for film in pair for taken in together):
            together.append(pair)
    together += [(film,) for film in kept if not any(film in taken for taken in together)]
    return Sorted(tuple(together), left_out)


def as_pair(films: Sequence[SpineFilm]) -> FilmPair:
    """One or two films as a pair.

    Raises
    ------
    StudyError
        If both are the same film.
    """
    return pair_films([each.film if each.film.view else _told_by_spine(each) for each in films])


def _told_by_spine(film: SpineFilm) -> Radiograph:
    return with_view(film.film, film.spine.view, "the spine on it")


def _taken_again(film: SpineFilm, later: SpineFilm) -> bool:
    if film.view is not later.view:
        return False
    both, either = film.levels & later.levels, film.levels | later.levels
    return bool(either) and len(both) >= _SAME_PLACE * len(either)


def _belong(ap: SpineFilm, lateral: SpineFilm, films: int) -> bool:
    """Whether two films may show the same part; of two films in all, also where one shows no level."""
    return bool(ap.levels & lateral.levels) or (films == 2 and not (ap.levels and lateral.levels))
