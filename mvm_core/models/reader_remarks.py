"""What the reader itself says of the films of a pair: where it looked, and at what scale."""

from collections.abc import Mapping

from mvm_core.imaging.preprocess import Region
from mvm_core.language import gettext
from mvm_core.radiograph import FilmPair, View


def region_warnings(pair: FilmPair, regions: Mapping[View, Region]) -> tuple[str, ...]:
    """Those of the films, of an unknown scale, and of films on which nobody marked a level."""
    warnings: list[str] = []
    for view, region in regions.items():
        film = pair.film(view)
        if film is None:
            continue
        warnings.extend(film.warnings)
        if not region.to_scale:
            warnings.append(
                gettext(
                    "{film}: the pixel spacing is unknown, so the scale of the region read is a guess.",
                    film=film.name,
                )
            )
        if not region.pointed_at:
            warnings.append(
                gettext(
                    "{film}: no level is marked, so the centre of the {view} film was read; draw a box "
                    "around the vertebra in question.",
                    film=film.name,
                    view=view.label,
                )
            )
    return tuple(dict.fromkeys(warnings))


def blank_warnings(pair: FilmPair, blank: frozenset[View]) -> tuple[str, ...]:
    """Of films that show nothing where the networks look."""
    return tuple(
        gettext(
            "{film}: the {view} film has no contrast where the networks look, so no reading of it "
            "means anything; mark a level on the film.",
            film=film.name,
            view=view.label,
        )
        for view in pair.views
        if view in blank and (film := pair.film(view)) is not None
    )
