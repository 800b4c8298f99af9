"""Films with the evidence laid over them, as pictures that carry the notice."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from mvm_core.imaging.concern import Concern
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.distance import UNLIKE
from mvm_core.models.lettering import font, wrapped
from mvm_core.models.notice import notice_in_words
from mvm_core.models.reading import EvidenceMap, Reading
from mvm_core.models.registry import title_of
from mvm_core.models.wording import probability_text
from mvm_core.provenance import Provenance
from mvm_core.radiograph import Box, FilmPair, Radiograph

EVIDENCE_SCALE = 12.0
"""Evidence, in logits, that is drawn in full colour; the same for every film and reading."""

MVM_COLOUR = (230, 159, 0)
BVF_COLOUR = (86, 180, 233)
COLOURS = {"mvm": (MVM_COLOUR, BVF_COLOUR), "disease": ((204, 121, 167), (0, 158, 115))}
"""By question: of evidence above 0 and below. Hues of Okabe and Ito, told apart by people with any colour
vision; two pairs, so that no map for disease is taken for one for MVM."""

HUES = {
    "mvm": (gettext_noop("orange"), gettext_noop("blue")),
    "disease": (gettext_noop("purple"), gettext_noop("green")),
}
"""What people call `COLOURS`."""

MARK_COLOUR = (240, 228, 66)
"""Of what makes a film hard to read, where that lies in a place."""

_BOX_COLOUR = (240, 240, 240)
_REGION_COLOUR = (150, 150, 150)
_BAR_MM = 50
_NARROWEST = 400
_PANEL_HEIGHT = 1200
_MARGIN = 16


def colour_evidence(
    grey: NDArray[np.float32], evidence: NDArray[np.float32], opacity: float, question: str = "mvm"
) -> NDArray[np.uint8]:
    """Lay evidence over a film: orange speaks for MVM, blue for BVF, none is transparent.

    Parameters
    ----------
    grey : float32 array, shape (rows, columns)
        The film, in [0, 1].
    evidence : float32 array, shape (rows, columns)
        In logits.
    opacity : float
        Opacity of full colour, in [0, 1].
    question : str
        Whose `COLOURS` are taken.

    Returns
    -------
    uint8 array, shape (rows, columns, 3)
    """
    strength = np.float32(opacity) * np.minimum(np.abs(evidence) / np.float32(EVIDENCE_SCALE), np.float32(1))
    base, above = grey * np.float32(255), evidence > 0
    picture = np.empty((*grey.shape, 3), np.uint8)
    for channel, (positive, negative) in enumerate(zip(*COLOURS[question], strict=True)):
        hue = np.where(above, np.float32(positive), np.float32(negative))
        picture[..., channel] = np.rint(base + strength * (hue - base))
    return picture


def render_film(
    film: Radiograph,
    box: Box | None,
    evidence: EvidenceMap | None,
    opacity: float,
    caption: str,
    region: Box | None = None,
    concerns: Sequence[Concern] = (),
) -> Image.Image:
    """Draw one film with its evidence, the box, what the networks saw and a bar of 50 mm, a caption below it.

    Parameters
    ----------
    film : Radiograph
    box : Box or None
        Drawn around the vertebra in question.
    evidence : EvidenceMap or None
    opacity : float
        In [0, 1].
    caption : str
    region : Box or None
        The square that the networks saw.
    concerns : sequence of Concern
        About this film; where one lies in a place it is marked there, with its name.
    """
    placed = evidence.on_film(film.shape) if evidence is not None else np.zeros(film.shape, np.float32)
    picture = Image.fromarray(colour_evidence(film.pixels, placed, opacity))
    scale = _PANEL_HEIGHT / picture.height
    picture = picture.resize((max(1, round(picture.width * scale)), _PANEL_HEIGHT), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    if box is not None:
        draw.rectangle([scale * v for v in (box.x0, box.y0, box.x1, box.y1)], outline=_BOX_COLOUR, width=2)
    if region is not None:
        draw.rectangle(
            [scale * v for v in (region.x0, region.y0, region.x1, region.y1)], outline=_REGION_COLOUR
        )
    for concern in concerns:
        _mark(draw, concern, scale)
    if film.mm_per_pixel is not None:
        length = scale * _BAR_MM / film.mm_per_pixel
        bottom = picture.height - 2 * _MARGIN
        draw.line([(_MARGIN, bottom), (_MARGIN + length, bottom)], fill=_BOX_COLOUR, width=5)
    return _with_text(picture, [caption, _scale_of(film)], above=False)


def _mark(draw: ImageDraw.ImageDraw, concern: Concern, scale: float) -> None:
    """Outline where a concern lies, and write its name above the uppermost point."""
    for outline in concern.marks:
        points = [(scale * x, scale * y) for x, y in (*outline, outline[0])]
        draw.line(points, fill=(0, 0, 0), width=5, joint="curve")
        draw.line(points, fill=MARK_COLOUR, width=2, joint="curve")
    if concern.marks:
        x, y = min((point for outline in concern.marks for point in outline), key=lambda point: point[1])
        letters = font(18)
        at = (scale * x, max(0.0, scale * y - 24))
        draw.text(at, concern.name, fill=MARK_COLOUR, font=letters, stroke_width=2, stroke_fill=(0, 0, 0))


def _scale_of(film: Radiograph) -> str:
    if film.mm_per_pixel is None:
        return gettext("Scale unknown")
    return gettext(
        "Bar {length} mm at the detector, {spacing:.3f} mm a pixel",
        length=_BAR_MM,
        spacing=film.mm_per_pixel,
    )


def render_pair(
    pair: FilmPair,
    reading: Reading,
    name: str,
    opacity: float = 0.6,
    origin: Provenance | None = None,
    level: str = "",
    concerns: Sequence[Concern] = (),
) -> bytes:
    """Draw both films with the evidence of one reading, its result and the notice, in the language in use.

    Parameters
    ----------
    pair : FilmPair
    reading : Reading
        The reading of this pair.
    name : str
        Which of its results to show.
    opacity : float
        In [0, 1].
    origin : Provenance or None
        What goes with it; None takes what the reading itself knows. It stands as text in the file too.
    level : str
        The level that was read, empty where unknown.
    concerns : sequence of Concern
        Of these films; those that lie in a place are marked.

    Returns
    -------
    bytes
        A PNG file.
    """
    result = reading.results[name]
    origin = origin or Provenance(
        notice_in_words(reading.notice), reading.weights_id, title_of(name), warnings=tuple(reading.warnings)
    )
    panels = [
        render_film(
            film,
            pair.box(view),
            None if view in reading.blank else result.evidence.get(view),
            opacity,
            gettext("{view} film: {name}", view=view.label, name=film.name),
            reading.regions[view].box if view in reading.regions else None,
            [concern for concern in concerns if concern.view is view],
        )
        for view, film in pair.films.items()
    ]
    width = sum(panel.width for panel in panels) + _MARGIN * (len(panels) - 1)
    sheet = Image.new("RGB", (width, max(panel.height for panel in panels)))
    left = 0
    for panel in panels:
        sheet.paste(panel, (left, 0))
        left += panel.width + _MARGIN
    lines = [
        origin.notice,
        *(
            [gettext("{unlike}: no verdict. As if they were like them:", unlike=gettext(UNLIKE))]
            if reading.unlike
            else []
        ),
        gettext(
            "{what}: probability of MVM {probability}, {zone}",
            what=gettext(", ").join(filter(None, (level, title_of(name)))),
            probability=probability_text(result.probability),
            zone=result.zone.said,
        ),
        gettext(
            "Evidence: orange for MVM, blue for BVF, full colour at {logits:g} logits; thin frame: what the "
            "networks saw",
            logits=EVIDENCE_SCALE,
        ),
        *origin.said()[1:],
    ]
    written = PngInfo()
    written.add_itxt("Description", "\n".join(lines))
    buffer = io.BytesIO()
    _with_text(sheet, lines, above=True).save(buffer, "PNG", pnginfo=written)
    return buffer.getvalue()


def _with_text(picture: Image.Image, lines: list[str], *, above: bool) -> Image.Image:
    letters = font(22)
    room = max(picture.width, _NARROWEST) - 2 * _MARGIN
    lines = [part for line in lines for part in wrapped(line, room, letters)]
    widest = max(letters.getlength(line) for line in lines)
    line_height = 32
    band = line_height * len(lines) + _MARGIN
    sheet = Image.new("RGB", (max(picture.width, round(widest) + 2 * _MARGIN), picture.height + band))
    sheet.paste(picture, (0, band if above else 0))
    draw = ImageDraw.Draw(sheet)
    top = (0 if above else picture.height) + _MARGIN // 2
    for row, line in enumerate(lines):
        draw.text((_MARGIN, top + row * line_height), line, fill=(235, 235, 235), font=letters)
    return sheet
