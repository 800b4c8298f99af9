"""What is said of films that are unlike the training films."""

from collections.abc import Iterator, Mapping

from mvm_core.imaging.concern import Concern
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.distance import LINE, FilmDistance
from mvm_core.radiograph import FilmPair, View

NAME = gettext_noop("unlike the training films")


def further_than(found: FilmDistance) -> str:
    """Its percentile in words: than how many of the training films it lies further off."""
    if found.percentile >= 100:
        return gettext("further off than every training film")
    return gettext("further off than {percentile:.1f} % of the training films", percentile=found.percentile)


def distance_concerns(pair: FilmPair, distances: Mapping[View, FilmDistance]) -> Iterator[Concern]:
    """A named warning for each film beyond the line, with its percentile."""
    for view, found in distances.items():
        film = pair.film(view)
        if film is not None and found.unlike:
            told = gettext(
                "what the networks see of it lies {further} (the line is at {line:g} %), so no "
                "verdict is given",
                further=further_than(found),
                line=LINE,
            )
            yield Concern(
                NAME,
                film.name,
                told,
                found.percentile,
                "percentile among the training films",
                view=view,
            )
