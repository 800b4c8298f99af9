"""The presentation state of one film: what was found, drawn over it in layers; the film stays as it is."""

from collections.abc import Iterator

import numpy as np
from highdicom import PresentationLUTTransformation
from highdicom.color import CIELabColor
from highdicom.pr import (
    AnnotationUnitsValues,
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GraphicTypeValues,
    GrayscaleSoftcopyPresentationState,
    TextJustificationValues,
    TextObject,
)
from numpy.typing import ArrayLike

from mvm_core.examination import Examination
from mvm_core.exchange.contours import contours_on
from mvm_core.exchange.making import Making, Series, contributing, equipment, placed
from mvm_core.exchange.source import SourceFilm
from mvm_core.exchange.words import banner, level_words
from mvm_core.models.overlay import BVF_COLOUR, MVM_COLOUR
from mvm_core.radiograph import Radiograph, View

_PIXEL, _DISPLAY = AnnotationUnitsValues.PIXEL, AnnotationUnitsValues.DISPLAY


def presentation_state(
    found: Examination, view: View, source: SourceFilm, series: Series, making: Making
) -> GrayscaleSoftcopyPresentationState:
    """Draw what was found on one film.

    Vertebrae with their names, the level in question with its answer, lines of equal evidence of the leading
    reading, and the notice, each a layer of its own that a viewer may hide.

    Parameters
    ----------
    found : Examination
    view : View
        Of a film of the examination.
    source : SourceFilm
        Of this film.
    series : Series
    making : Making
    """
    layers, annotations = [], []
    for layer, graphics, texts in _drawn(found, view, source):
        if graphics or texts:
            layers.append(layer)
            annotations.append(
                GraphicAnnotation(
                    [source.header], layer, graphic_objects=graphics or None, text_objects=texts or None
                )
            )
    inverse = source.header.get("PhotometricInterpretation") == "MONOCHROME1"
    state = GrayscaleSoftcopyPresentationState(
        referenced_images=[source.header],
        content_label="MVM OR BVF",
        content_description="Vertebrae, level in question, evidence",
        graphic_layers=layers,
        graphic_annotations=annotations,
        presentation_lut_transformation=PresentationLUTTransformation(
            presentation_lut_shape="INVERSE" if inverse else "IDENTITY"
        ),
        contributing_equipment=contributing(found, making),
        **equipment(found),
        **placed(series, making, 1 if view is View.AP else 2),
    )
    state.Laterality = ""  # the spine is no paired structure
    state.PresentationCreationDate = f"{making.time:%Y%m%d}"
    state.PresentationCreationTime = f"{making.time:%H%M%S}"
    return state


_Drawn = tuple[GraphicLayer, list[GraphicObject], list[TextObject]]


def _drawn(found: Examination, view: View, source: SourceFilm) -> Iterator[_Drawn]:
    film = found.pair.film(view)
    if film is None:
        return
    notice = TextObject(
        "\r\n".join(banner(found)),
        _DISPLAY,
        bounding_box=(0.01, 0.01, 0.99, 0.12),
        text_justification=TextJustificationValues.LEFT,
    )
    yield GraphicLayer("NOTICE", 1, "What the reading stands on"), [], [notice]
    yield _vertebrae(found, view, source, film)
    yield _level(found, view, source, film)
    yield from _evidence(found, view, source, film)


def _vertebrae(found: Examination, view: View, source: SourceFilm, film: Radiograph) -> _Drawn:
    layer = GraphicLayer("VERTEBRAE", 2, "Bodies found, by name", _colour((92, 200, 180)))
    lines, names = [], []
    for vertebra in found.spines[view].vertebrae:
        closed = np.vstack([vertebra.outline, vertebra.outline[:1]])
        lines.append(_line(closed, source, film))
        beside = source.stored([(vertebra.corners[:, 0].max(), vertebra.centre[1])], film)[0]
        names.append(_text(vertebra.level, beside))
    return layer, lines, names


def _level(found: Examination, view: View, source: SourceFilm, film: Radiograph) -> _Drawn:
    layer = GraphicLayer("LEVEL", 3, "The level in question", _colour((240, 240, 240)))
    box, asked = found.pair.box(view), level_words(found)
    if box is None or asked is None:
        return layer, [], []
    frame = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1), (box.x0, box.y0)]
    below = source.stored([(box.x0, box.y1)], film)[0]
    return layer, [_line(frame, source, film)], [_text(asked, below)]


def _evidence(found: Examination, view: View, source: SourceFilm, film: Radiograph) -> Iterator[_Drawn]:
    """Lines for MVM and for BVF in two layers, each line with its logit at its first point."""
    lines = contours_on(found, view)
    for order, (name, sign, colour) in enumerate((("MVM", 1, MVM_COLOUR), ("BVF", -1, BVF_COLOUR)), start=4):
        own = [line for line in lines if line.logit * sign > 0]
        layer = GraphicLayer(f"EVIDENCE {name}", order, f"Evidence for {name} in logits", _colour(colour))
        yield (
            layer,
            [_line(line.points, source, film) for line in own],
            [_text(f"{line.logit:+g}", source.stored(line.points[:1], film)[0]) for line in own],
        )


def _line(points: ArrayLike, source: SourceFilm, film: Radiograph) -> GraphicObject:
    return GraphicObject(GraphicTypeValues.POLYLINE, source.stored(points, film), _PIXEL)


def _text(words: str, at: ArrayLike) -> TextObject:
    x, y = np.asarray(at, float)
    return TextObject(words, _PIXEL, anchor_point=(float(x), float(y)), anchor_point_visible=False)


def _colour(rgb: tuple[int, int, int]) -> CIELabColor:
    return CIELabColor.from_rgb(*rgb)
