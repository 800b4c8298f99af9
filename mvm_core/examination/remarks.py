"""What a reader of an examination should know: named concerns of its films, and warnings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mvm_core.examination.places import LEAST_THERE, READ_LEVELS
from mvm_core.imaging import Concern, check_film, check_region
from mvm_core.imaging.concern import outline_of
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.disease_result import DiseaseResult
from mvm_core.models.reading import Reading
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.spine import RULER, Spine
from mvm_core.spine.inversion import brighter_than_beside, white_frame
from mvm_core.spine.midline import widths_aside
from mvm_core.spine.numbering import better_numbering
from mvm_core.spine.rotation import posterior_offset

_MOST_WIDTHS_ASIDE = 0.75

# Chosen on films of the simulated site A and a few real ones, upright and inverted.
_DARK_BONE, _BRIGHT_BONE = -0.03, 0.06
_WHITE_FRAME = 0.4

_LARGE_OFFSET = 0.12
"""As of a rotation by 11 degrees."""


def quality_concerns(
    pair: FilmPair, found: Mapping[View, Spine], asked: str | None, reading: Reading | None
) -> Iterator[Concern]:
    """What makes the films, and the regions that are read in full, hard to read."""
    for view in pair.views:
        film, box = pair.film(view), pair.box(view)
        if film is None:
            continue
        concerns = check_film(film)
        if box is not None and reading is not None and view in reading.regions:
            vertebra = found[view].by_level.get(asked or "")
            concerns += check_region(film, box, asked or "", vertebra.corners if vertebra else None)
        for concern in concerns:
            yield replace(concern, view=view)


def numbering_concerns(
    pair: FilmPair, found: Mapping[View, Spine], results: Mapping[str, DiseaseResult]
) -> Iterator[Concern]:
    """Films whose vertebrae would agree better if those of one had the names of their neighbours."""
    by_hand = any(each.level_probability == 1 for spine in found.values() for each in spine.vertebrae)
    if pair.ap is None or pair.lateral is None or by_hand:
        return
    seen = {
        view: {
            name: (found[view].by_level[name].height, result.logits[view])
            for name, result in results.items()
            if view in result.logits
        }
        for view in View
    }
    move = better_numbering(seen[View.AP], seen[View.LATERAL])
    if move:
        told = gettext(
            "the two films agree better if each vertebra of the lateral film is named one level {where}: "
            "compare them before the levels are believed",
            where=gettext("higher") if move < 0 else gettext("lower"),
        )
        films = f"{pair.ap.name}, {pair.lateral.name}"
        yield Concern(gettext_noop("numbered apart"), films, told, float(move), "levels")


def placing_concerns(
    pair: FilmPair, found: Mapping[View, Spine], drawn: Mapping[View, Box]
) -> Iterator[Concern]:
    """Films inverted, turned, of the other view or of a rotated patient, and boxes beside the spine."""
    for view, film in pair.films.items():
        spine = found[view]
        yield from _inversion(film, view, spine)
        if spine.refused is not None:
            continue
        if spine.turned_degrees:
            told = gettext(
                "the film lies turned by {turned_degrees} degrees, so no level is read on it; set it upright",
                turned_degrees=spine.turned_degrees,
            )
            degrees = float(spine.turned_degrees)
            yield Concern(gettext_noop("turned"), film.name, told, degrees, "degrees", view=view)
        elif spine.view is not view:
            told = gettext(
                "taken for the {view} film, but its view looks like {other}",
                view=view.label,
                other=spine.view.label,
            )
            sure = spine.view_probability
            yield Concern(gettext_noop("other view"), film.name, told, sure, "probability", view=view)
        if spine.view is View.AP and view is View.AP and not spine.turned_degrees:
            yield from _rotation(film, spine)
        if view not in drawn:
            continue
        aside = widths_aside(drawn[view].centre, spine.vertebrae)
        if aside is not None and aside > _MOST_WIDTHS_ASIDE:
            told = gettext(
                "the middle of the box lies {aside:.1f} widths of a vertebra beside the middle of the spine "
                "that was found",
                aside=aside,
            )
            yield Concern(
                gettext_noop("beside the spine"),
                film.name,
                told,
                aside,
                "widths of a vertebra",
                view=view,
                marks=(outline_of(drawn[view]),),
            )


def _rotation(film: Radiograph, spine: Spine) -> Iterator[Concern]:
    """Whether the patient was turned, or the spine is."""
    offset = posterior_offset(film.pixels, spine.vertebrae)
    if offset is not None and abs(offset) >= _LARGE_OFFSET:
        told = gettext(
            "pedicles and spinous processes stand {offset:.2f} widths of a vertebra beside the middle of the "
            "bodies, as in a patient who is turned, or in scoliosis",
            offset=abs(offset),
        )
        unit = "widths of a vertebra"
        yield Concern(gettext_noop("rotated"), film.name, told, abs(offset), unit, view=View.AP)


def _inversion(film: Radiograph, view: View, spine: Spine) -> Iterator[Concern]:
    """Whether bone is dark, or air white where bone is not clearly bright."""
    if spine.turned_degrees:
        return
    brighter = brighter_than_beside(film.pixels, spine.vertebrae)
    if brighter is not None and brighter < _DARK_BONE:
        told = gettext(
            "the vertebrae are darker than what lies beside them (by {darker:.2f} of full white), as on a "
            "film with black and white exchanged",
            darker=-brighter,
        )
        yield Concern(gettext_noop("inverted"), film.name, told, -brighter, "of full white", view=view)
    elif (brighter is None or brighter < _BRIGHT_BONE) and (frame := white_frame(film.pixels)) > _WHITE_FRAME:
        told = gettext(
            "{frame:.0%} of the film's edge is white, as on a film with black and white exchanged",
            frame=frame,
        )
        yield Concern(gettext_noop("inverted"), film.name, told, frame, "share of the edge", view=view)


def film_warnings(pair: FilmPair, found: Mapping[View, Spine]) -> tuple[str, ...]:
    """What is uncertain of each film: refused, without spacing, hardly seen."""
    warnings: list[str] = []
    for view, spine in found.items():
        film = pair.film(view)
        if film is None:
            continue
        if spine.refused is not None:
            warnings.append(
                gettext(
                    "{film}: {refused}, so no level is read on it.",
                    film=film.name,
                    refused=gettext(spine.refused),
                )
            )
        if film.spacing_source == RULER:
            share = spine.scale.relative_error
            warnings.append(
                gettext(
                    "{film}: the pixel spacing is unknown; {mm_per_pixel:.2f} mm a pixel is measured from "
                    "the distances between vertebrae (within {share:.0%} or so).",
                    film=film.name,
                    mm_per_pixel=film.mm_per_pixel,
                    share=share,
                )
            )
        warnings.extend(f"{film.name}: {doubt}" for doubt in spine.doubts)
        read = [each for each in spine.vertebrae if each.level in READ_LEVELS]
        faint = [each.level for each in read if each.probability < LEAST_THERE]
        if faint:
            warnings.append(
                gettext(
                    "{film}: {faint} can hardly be seen, so it is not read there.",
                    film=film.name,
                    faint=", ".join(faint),
                )
            )
    return tuple(warnings)
