"""Text burnt into films on purpose, and whether it was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mvm_core.deidentification import BurntInText, TextFinder
from mvm_core.deidentification.burnt_in import painted_over

TEXTS = (
    "LIN MEI-HUA",
    "A123456789",
    "1953-07-21",
    "SILVA^MARIA 67Y F",
    "NTUH 2020.11.03 10:11",
    "Muller, Jorg",
)
FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf")
SIZES = (10, 14, 20, 28, 40, 60)


@dataclass(frozen=True)
class Planted:
    """A line of text in an image of 8 bits, and where it is."""

    image: np.ndarray
    text: str
    font: str
    size: int
    bright: bool
    box: tuple[int, int, int, int]


def plant(image: np.ndarray, number: int, draw: np.random.Generator, size: int | None = None) -> Planted:
    """Write one line, bright or dark, anywhere on an image."""
    text, font = TEXTS[number % len(TEXTS)], FONTS[number % len(FONTS)]
    bright = bool(number % 2)
    size = size or SIZES[number % len(SIZES)]
    folder = Path(str(files("matplotlib"))) / "mpl-data" / "fonts" / "ttf"
    face = ImageFont.truetype(str(folder / font), size)
    x0, y0, x1, y1 = face.getbbox(text)
    while x1 - x0 > image.shape[1] - 8 and len(text) > 6:
        text = text[:-1]
        x0, y0, x1, y1 = face.getbbox(text)
    left = int(draw.integers(2, max(3, image.shape[1] - (x1 - x0) - 2)))
    top = int(draw.integers(2, max(3, image.shape[0] - (y1 - y0) - 2)))
    canvas = Image.fromarray(image)
    ground = np.asarray(canvas)[top : top + y1 - y0, left : left + x1 - x0]
    # as a machine writes: bright on what is dark, dark on what is bright
    level = float(np.median(ground)) if ground.size else 0.0
    grey = 255 if (level < 110 or (bright and level < 150)) else 0
    ImageDraw.Draw(canvas).text((left - x0, top - y0), text, fill=grey, font=face)
    return Planted(
        np.asarray(canvas), text, font, size, grey == 255, (left, top, left + x1 - x0, top + y1 - y0)
    )


def is_covered(planted: Planted, texts: Sequence[BurntInText]) -> bool:
    """Whether the painting leaves next to nothing of the line's own pixels."""
    x0, y0, x1, y1 = planted.box
    covered = np.zeros(planted.image.shape, bool)
    for text in texts:
        covered[
            int(text.box.y0) : int(np.ceil(text.box.y1)), int(text.box.x0) : int(np.ceil(text.box.x1))
        ] = True
    own = covered[y0:y1, x0:x1]
    return bool(own.mean() > 0.9) and not np.array_equal(painted_over(planted.image, texts), planted.image)


def trial(
    image: np.ndarray, number: int, draw: np.random.Generator, finder: TextFinder, size: int | None = None
) -> tuple[Planted, str]:
    """Plant a line and look for it: ``found``, ``held back`` or ``missed``."""
    planted = plant(image, number, draw, size)
    texts = finder.find(planted.image)
    if is_covered(planted, texts):
        return planted, "found"
    return planted, "held back" if any(text.doubtful for text in texts) else "missed"
