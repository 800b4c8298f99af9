"""What is said of films that are unlike the training films."""

from collections.abc import Iterator, Mapping

from mvm_core.imaging.concern import Concern
from mvm_core.models.distance import LINE, FilmDistance
from mvm_core.radiograph import FilmPair, View

NAME = "unlike the training films"


def further_than(found: FilmDistance) -> str:
    """Its percentile in words: than how many of the training films it lies further off."""
    if found.percentile >= 100:
        return "further off than every training film"
    return f"further off than {found.percentile:.1f} % of the training films"


def distance_concerns(pair: FilmPair, distances: Mapping[View, FilmDistance]) -> Iterator[Concern]:
    """A named warning for each film beyond the line, with its percentile."""
    for view, found in distances.items():
        film = pair.film(view)
        if film is not None and found.unlike:
            told = (
                f"what the networks see of it lies {further_than(found)} (the line is at {LINE:g} %), so no "
                "verdict is given"
            )
            yield Concern(NAME, film.name, told, found.percentile, "percentile among the training films")
