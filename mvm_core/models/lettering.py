"""Letters drawn into pictures: Pillow's own, or a font of this computer that has those of the language."""

import re
from functools import cache

from PIL import ImageFont

from mvm_core.language import ENGLISH, TAIWAN, language

_FONTS = {
    TAIWAN: (
        ("NotoSansCJK-Regular.ttc", 3),
        ("NotoSansTC-Regular.otf", 0),
        ("NotoSansTC-Regular.ttf", 0),
        ("SourceHanSansTC-Regular.otf", 0),
        ("msjh.ttc", 0),
        ("PingFang.ttc", 0),
        ("Hiragino Sans GB.ttc", 0),
        ("DroidSansFallbackFull.ttf", 0),
        ("wqy-zenhei.ttc", 0),
        ("uming.ttc", 0),
    )
}
"""Files that Debian, Windows and macOS keep among their fonts, with the face within; the best first."""

_WIDE = "\u2e80-\u9fff\uf900-\uffef"
_PIECES = re.compile(rf"[{_WIDE}][、。，；：？！）」』]*|[^\s{_WIDE}]{{1,40}}|\s+")


def can_be_drawn(spoken: str) -> bool:
    """Whether this computer has letters for a language."""
    return spoken == ENGLISH or _file_of(spoken) is not None


def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font for the language in use, of a size in pixels; Pillow's own where there is none."""
    found = _file_of(language())
    return (
        ImageFont.load_default(size=size) if found is None else ImageFont.truetype(found[0], size, found[1])
    )


def wrapped(text: str, width: float, letters: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """A text in lines no wider than so many pixels: broken at spaces, and anywhere between Chinese letters.

    Parameters
    ----------
    text : str
    width : float
        In pixels; one piece that is wider stands alone.
    letters : font
        It is drawn with.
    """
    rows, row = [], ""
    for piece in _PIECES.findall(text):
        if row.strip() and letters.getlength((row + piece).rstrip()) > width:
            rows.append(row.rstrip())
            row = piece.lstrip()
        else:
            row += piece
    return [*rows, row.rstrip()]


@cache
def _file_of(spoken: str) -> tuple[str, int] | None:
    for name, face in _FONTS.get(spoken, ()):
        try:
            # found by name in the folders where this system keeps its fonts
            opened = ImageFont.truetype(name, 12, face)
        except OSError:
            continue
        return str(opened.path), face
    return None
