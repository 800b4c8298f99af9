"""A film with its vertebrae drawn."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mvm_core.radiograph import Radiograph
from mvm_core.spine.spine import Spine

_COLOUR = (92, 200, 180)
_LONGEST = 1600


def draw_spine(film: Radiograph, spine: Spine) -> bytes:
    """Draw each vertebra's body and name over its film; gives a PNG file."""
    grey = np.round(np.clip(film.pixels, 0, 1) * 255).astype(np.uint8)
    picture = Image.fromarray(grey).convert("RGB")
    scale = min(1.0, _LONGEST / max(picture.size))
    if scale < 1:
        picture = picture.resize([max(1, round(side * scale)) for side in picture.size])
    draw = ImageDraw.Draw(picture)
    size = max(12, round(max(picture.size) / 70))
    font = ImageFont.load_default(size=size)
    for vertebra in spine.vertebrae:
        outline = [(float(x) * scale, float(y) * scale) for x, y in vertebra.outline]
        draw.polygon(outline, outline=_COLOUR, width=2)
        beside = max(x for x, _ in outline) + 4, float(vertebra.corners[1, 1]) * scale
        draw.text(beside, vertebra.level, fill=_COLOUR, font=font)
    if spine.refused is not None:
        draw.text((size, size), f"Refused: {spine.refused}", fill=_COLOUR, font=font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
