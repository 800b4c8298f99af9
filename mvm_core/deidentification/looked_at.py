"""What a person does with films in which text was found: paint further, let them leave, hold them back.

Each act changes the film and its row of the table; a film whose last act a stopped program has half done is
where its row says.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.deidentification.burnt_in import BurntInText, in_8_bits, painted_over
from mvm_core.deidentification.film import as_file, put_pixels
from mvm_core.deidentification.folder import place_of
from mvm_core.deidentification.header import say_how
from mvm_core.deidentification.table import (
    HELD,
    LEFT,
    TABLE,
    Outcome,
    alone_in,
    boxes_as_text,
    boxes_of,
    read_table,
    write_table,
)
from mvm_core.errors import DeidentificationError, FilmError
from mvm_core.files import write_atomically
from mvm_core.imaging.attributes import text
from mvm_core.imaging.dicom import stored_values
from mvm_core.imaging.kinds import looks_like_dicom
from mvm_core.language import gettext
from mvm_core.radiograph import Box

RELEASED, PAINTED, KEPT_BACK = "released", "painted", "kept back"

_Change = tuple[Outcome, Sequence[Box], bool | None]
"""The row after an act, what is painted over, and whether the header now says that the image is clean; None
leaves it as it is."""


@dataclass(frozen=True)
class TextBox:
    """Where text was found.

    Attributes
    ----------
    box : Box
        In pixels of the film.
    doubtful : bool
        Whether a person is to say that it is text; the image still shows what lies there.
    """

    box: Box
    doubtful: bool


def is_deidentified(folder: Path) -> bool:
    """Whether `deidentify` has written a folder."""
    return (folder / TABLE).is_file()


def boxes_found(row: Outcome) -> tuple[TextBox, ...]:
    """Where text was found in a film, in the table's order.

    Raises
    ------
    DeidentificationError
        If the table was spoilt.
    """
    try:
        doubtful = set(boxes_of(row.doubtful_boxes))
        return tuple(TextBox(box, box in doubtful) for box in boxes_of(row.text_boxes))
    except ValueError:
        raise DeidentificationError(
            TABLE,
            gettext("row {number}: a box is not x0 y0 x1 y1", number=row.number),
            gettext("take the table from a copy, or delete it and start anew"),
        ) from None


def is_settled(row: Outcome) -> bool:
    """Whether a person has let a film leave, or kept it back for good, after whatever was painted last."""
    last = row.acts.rpartition(";")[2].strip()
    return last.endswith((RELEASED, KEPT_BACK))


def picture_of(folder: Path, row: Outcome, *, whole_range: bool = False) -> NDArray[np.uint8]:
    """The image of a film for people: bone bright, of all grey values or of what most pixels take up.

    Returns
    -------
    uint8 array, shape (rows, columns)

    Raises
    ------
    DeidentificationError
        If the film is not there any more, or is none.
    """
    content = _content(folder, row)
    if looks_like_dicom(content):
        data, stored = _stored(content, row)
        inverted = text(data, "PhotometricInterpretation") == "MONOCHROME1"
    else:
        stored, inverted = _decoded(content, row), False
    pictures = in_8_bits(stored)
    grey = pictures[0] if whole_range else pictures[-1]
    return 255 - grey if inverted else grey


def paint(folder: Path, number: int, box: Box) -> Outcome:
    """Paint a box of a film over, whether it has left or is held back.

    Raises
    ------
    DeidentificationError
        If a run is at work in the folder, or the film is not there.
    OutputError
        If it cannot be written.
    """

    def change(row: Outcome) -> _Change:
        texts = boxes_as_text((*boxes_of(row.text_boxes), box))
        changed = replace(row, text_boxes=texts, texts_painted=row.texts_painted + 1)
        return _with_act(changed, f"{PAINTED} {boxes_as_text([box])}"), [box], None

    return _act(folder, number, change)


def release(folder: Path, number: int, not_text: Collection[Box] = ()) -> Outcome:
    """Let a film leave that was held back: what is doubtful is painted over, but for what is no text.

    Raises
    ------
    DeidentificationError
        If a run is at work in the folder, or the film is not there.
    OutputError
        If it cannot be written.
    """

    def change(row: Outcome) -> _Change:
        text_after = [box for box in boxes_of(row.doubtful_boxes) if box not in not_text]
        all_after = [box for box in boxes_of(row.text_boxes) if box not in not_text]
        changed = replace(
            row,
            outcome=LEFT,
            texts_painted=len(all_after),
            texts_doubtful=0,
            text_boxes=boxes_as_text(all_after),
            doubtful_boxes="",
        )
        return _with_act(changed, RELEASED), text_after, True

    return _act(folder, number, change)


def keep_back(folder: Path, number: int) -> Outcome:
    """Keep a film from leaving for good, wherever it lies.

    Raises
    ------
    DeidentificationError
        If a run is at work in the folder, or the film is not there.
    OutputError
        If it cannot be written.
    """

    def change(row: Outcome) -> _Change:
        return _with_act(replace(row, outcome=HELD), KEPT_BACK), (), False

    return _act(folder, number, change)


def _act(folder: Path, number: int, change: Callable[[Outcome], _Change]) -> Outcome:
    """Change a film and its row: the new file first, then the table, then the old file goes."""
    with alone_in(folder):
        rows = {row.number: row for row in read_table(folder)}
        before = rows.get(number)
        if before is None or not before.film:
            raise _missing(number)
        after, boxes, clean = change(before)
        after = replace(after, film=place_of(after))
        write_atomically(folder / after.film, _repainted(_content(folder, before), before, boxes, clean))
        rows[number] = after
        write_table(folder, [rows[each] for each in sorted(rows)])
        if after.film != before.film:
            (folder / before.film).unlink()
    return after


def _repainted(content: bytes, row: Outcome, boxes: Sequence[Box], clean: bool | None) -> bytes:
    texts = [BurntInText(box, 1.0) for box in boxes]
    if not looks_like_dicom(content):
        _, encoded = cv2.imencode(".png", painted_over(_decoded(content, row), texts))
        return encoded.tobytes()
    data, stored = _stored(content, row)
    put_pixels(data, painted_over(stored, texts))
    if clean is not None:
        say_how(data, painted=clean)
    return as_file(data)


def _with_act(row: Outcome, act: str) -> Outcome:
    told = f"{date.today().isoformat()} {act}"
    return replace(row, acts="; ".join(filter(None, (row.acts, told))))


def _content(folder: Path, row: Outcome) -> bytes:
    try:
        return (folder / row.film).read_bytes()
    except OSError:
        raise _missing(row.number) from None


def _stored(content: bytes, row: Outcome) -> tuple[Any, NDArray[Any]]:
    try:
        return stored_values(content, Path(row.film).name)
    except FilmError as error:
        raise DeidentificationError(error.subject, error.problem, error.cure) from None


def _decoded(content: bytes, row: Outcome) -> NDArray[Any]:
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise _missing(row.number)
    return np.asarray(decoded)


def _missing(number: int) -> DeidentificationError:
    return DeidentificationError(
        gettext("film {number}", number=number),
        gettext("it is not in the folder any more"),
        gettext("call `deidentify` again, which makes what is missing"),
    )
