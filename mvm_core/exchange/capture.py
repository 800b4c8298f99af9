"""The secondary capture of one film: overlay and banner burnt in, for viewers that show nothing else."""

import textwrap

import numpy as np
from highdicom.sc import SCImage
from PIL import Image, ImageDraw, ImageFont
from pydicom.uid import ExplicitVRLittleEndian

from mvm_core.examination import Examination
from mvm_core.exchange.making import Making, Series, contributing, equipment, placed, timed, told
from mvm_core.exchange.picture import draw_film
from mvm_core.exchange.source import SourceFilm
from mvm_core.exchange.words import banner
from mvm_core.radiograph import Radiograph, View

_LEAST_WIDTH = 700


def secondary_capture(
    found: Examination, view: View, source: SourceFilm, series: Series, making: Making
) -> SCImage:
    """Draw what was found over a film, below the answer and the notice, as a colour picture.

    Parameters
    ----------
    found : Examination
    view : View
        Of a film of the examination.
    source : SourceFilm
        Of this film.
    series : Series
    making : Making

    Raises
    ------
    ValueError
        If the examination has no film of this view.
    """
    film = found.pair.film(view)
    if film is None:
        raise ValueError(f"the examination has no {view.label} film")
    captured = SCImage.from_ref_dataset(
        ref_dataset=source.header,
        pixel_array=np.asarray(with_banner(found, view, film)),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=tuple(source.header.PatientOrientation or ("", "")),
        transfer_syntax_uid=ExplicitVRLittleEndian,
        contributing_equipment=contributing(found, making),
        **equipment(found),
        **placed(series, making, 1 if view is View.AP else 2),
        **timed(making),
    )
    captured.Laterality = ""  # the spine is no paired structure
    captured.BurnedInAnnotation = "YES"
    captured.ImageType = ["DERIVED", "SECONDARY"]
    captured.DerivationDescription = told(found)
    return captured


def with_banner(found: Examination, view: View, film: Radiograph) -> Image.Image:
    """The film as drawn, the answer, the notice and what made it above."""
    drawn = draw_film(found, view, film)
    width = max(drawn.width, _LEAST_WIDTH)
    head, small = ImageFont.load_default(size=26), ImageFont.load_default(size=17)
    first, *rest = banner(found)
    key = f"{view.label} film. Evidence in logits: whole lines for MVM, broken lines for BVF."
    lines = [(part, head, 35) for part in _wrapped(f"By software: {first}", head, width)]
    lines += [(part, small, 23) for line in (*rest, key) for part in _wrapped(line, small, width)]
    sheet = Image.new("RGB", (width, sum(height for _, _, height in lines) + 12 + drawn.height))
    draw, top = ImageDraw.Draw(sheet), 6
    for line, font, height in lines:
        draw.text((10, top), line, fill=(240, 240, 240), font=font)
        top += height
    sheet.paste(drawn, ((width - drawn.width) // 2, top + 6))
    return sheet


def _wrapped(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    return textwrap.wrap(line, max(20, int((width - 20) / font.getlength("n")))) or [line]
