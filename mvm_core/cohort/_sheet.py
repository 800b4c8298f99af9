"""Tables that are read by pandas: brought to strings, and Excel's first sheet."""

import io
import zipfile
from xml.etree.ElementTree import ParseError

import pandas as pd

from mvm_core.errors import TableError
from mvm_core.language import gettext, gettext_noop
from mvm_core.provenance import MARK

MAX_UNPACKED_BYTES = 200_000_000
_NO_EXCEL = gettext_noop("save it as an Excel workbook (.xlsx) or as CSV (UTF-8)")


def read_sheet(content: bytes, subject: str) -> pd.DataFrame:
    """Read the first sheet of an Excel workbook into strings without outer blanks.

    Rows above the header whose first cell begins with ``# `` are left out.

    Raises
    ------
    TableError
        If this is no workbook, unpacks to more than `MAX_UNPACKED_BYTES`, or holds no table.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise TableError(
                subject,
                [gettext("it unpacks to {unpacked:.0f} MB", unpacked=unpacked / 1000000.0)],
                gettext("give a CSV file"),
            )
        rows = pd.read_excel(io.BytesIO(content), header=None, dtype=object, engine="openpyxl")
    except (zipfile.BadZipFile, ValueError, KeyError, OSError, ParseError, TypeError) as error:
        raise TableError(subject, [gettext("not an Excel workbook")], gettext(_NO_EXCEL)) from error
    if rows.empty:
        raise TableError(subject, [gettext("no rows")], gettext("add a row for each case and reading"))
    texts = rows.astype("object").where(rows.notna(), "").astype("str")
    above = int(texts[0].str.startswith(MARK).cummin().sum())
    if above == len(rows):
        raise TableError(subject, [gettext("no rows below the header")], gettext("add a row for each case"))
    return as_texts(
        rows.iloc[above + 1 :].set_axis(texts.iloc[above].tolist(), axis="columns"), subject, above
    )


def as_texts(table: pd.DataFrame, subject: str, above: int = 0) -> pd.DataFrame:
    """A table as strings, empty where unknown; its index is the row as a spreadsheet counts.

    Parameters
    ----------
    table : DataFrame
    subject : str
        Its name, for messages.
    above : int
        How many rows stand above the header.

    Raises
    ------
    TableError
        If there are no rows, or a column is there twice.
    """
    if table.empty:
        raise TableError(subject, [gettext("no rows")], gettext("add a row for each case and reading"))
    frame = table.set_axis(pd.RangeIndex(above + 2, above + len(table) + 2), axis="index")
    frame.columns = frame.columns.astype(str).str.strip()
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise TableError(
            subject,
            [gettext("column {twice} is there more than once", twice=twice)],
            gettext("give each its own name"),
        )
    return pd.DataFrame(
        {
            name: frame[name].astype("object").where(frame[name].notna(), "").astype("str").str.strip()
            for name in frame.columns
        },
        index=frame.index,
    )
