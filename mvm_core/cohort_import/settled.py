"""What a person has to settle, and what was settled, in one table that is filled in and read again."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mvm_core.cohort import load_table
from mvm_core.errors import TableError
from mvm_core.files import write_atomically
from mvm_core.language import gettext
from mvm_core.radiograph import Box, View

TABLE = "doubtful.csv"
TAKE, DROP = "take", "drop"
_LATER = frozenset(("ap_film", "lateral_film"))
"""Columns that tables of earlier versions lack."""


@dataclass(frozen=True)
class Doubtful:
    """A row of the table.

    Attributes
    ----------
    row : int
        Of the spreadsheet of labels.
    case_id : str
    level, label : str
    doubts : str
        What is doubtful.
    preview : str
        A picture of the films with the boxes; empty where there are none.
    ap_box, lateral_box : str
        ``x0 y0 x1 y1`` in pixels, as found; to be corrected where they are wrong.
    settled : {'', 'take', 'drop'}
        For a person to fill in.
    ap_film, lateral_film : str
        What stands for the films that the boxes lie on.
    """

    row: int
    case_id: str
    level: str
    label: str
    doubts: str
    preview: str
    ap_box: str
    lateral_box: str
    settled: str = ""
    ap_film: str = ""
    lateral_film: str = ""

    def film(self, view: View) -> str:
        """What stands for the film of one view."""
        return self.ap_film if view is View.AP else self.lateral_film

    def box(self, view: View) -> Box | None:
        """The box on the film of one view."""
        said = self.ap_box if view is View.AP else self.lateral_box
        return Box.from_text(said) if said else None


def box_as_text(box: Box | None) -> str:
    """As `Box.as_text`; empty without a box."""
    return box.as_text() if box is not None else ""


def write_doubtful(folder: Path, rows: Sequence[Doubtful]) -> None:
    """Write the table, or take it away where nothing is doubtful.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in fields(Doubtful)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_atomically(folder / TABLE, text.getvalue().encode())


def read_settled(folder: Path) -> Mapping[str, Doubtful]:
    """The rows that a person has settled, by case.

    Raises
    ------
    TableError
        If the table is not this one any more, or a value in it is unfit.
    """
    return {row.case_id: row for row in read_doubtful(folder) if row.settled}


def read_doubtful(folder: Path) -> tuple[Doubtful, ...]:
    """All rows of the table; none where there is no table.

    Raises
    ------
    TableError
        If the table is not this one any more, or a value in it is unfit.
    """
    if not (folder / TABLE).is_file():
        return ()
    if _holds_no_row(folder / TABLE):
        return ()
    frame, subject = load_table(folder / TABLE)
    names = [column.name for column in fields(Doubtful)]
    if not set(names) - _LATER <= set(frame.columns):
        raise TableError(
            subject,
            [gettext("columns are missing")],
            gettext("keep the columns {names}", names=", ".join(names)),
        )
    found = []
    own = [name for name in names if name in frame.columns]
    for row, record in zip(frame.index.tolist(), frame[own].to_dict("records"), strict=True):
        texts = {str(name): str(value) for name, value in record.items() if name != "row"}
        try:
            settled = Doubtful(row=int(record["row"]), **texts)
        except ValueError:
            raise TableError(
                subject,
                [gettext("row {row}: {value!r} is no row of the spreadsheet", row=row, value=record["row"])],
                gettext("leave this column as it was"),
            ) from None
        if settled.settled not in ("", TAKE, DROP):
            raise TableError(
                subject,
                [gettext("row {row}: {value!r} settles nothing", row=row, value=settled.settled)],
                gettext("write take or drop"),
            )
        try:
            boxes = [settled.box(view) for view in View]
        except ValueError:
            raise TableError(
                subject,
                [gettext("row {row}: a box is not x0 y0 x1 y1", row=row)],
                gettext("write four numbers in pixels"),
            ) from None
        if settled.settled == TAKE and not any(boxes):
            raise TableError(
                subject,
                [gettext("row {row}: it is to be taken, and has no box", row=row)],
                gettext("write a box, or drop it"),
            )
        found.append(settled)
    return tuple(found)


def _holds_no_row(path: Path) -> bool:
    try:
        return len(path.read_text(encoding="utf-8-sig").strip().splitlines()) < 2
    except UnicodeDecodeError:
        return False  # told when it is read as a table
