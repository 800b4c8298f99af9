"""Delimited text to a frame of strings, and the list of what is wrong with it."""

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from mvm_core.errors import TableError
from mvm_core.language import gettext, gettext_noop
from mvm_core.provenance import MARK

_CURE = gettext_noop("correct the table and read it again")
_HEADER_ROW = 1


class Problems:
    """Collects every problem of one table, each with row and column.

    Parameters
    ----------
    subject : str
        The table's name, for the message.
    limit : int
        How many problems are spelled out; the others are counted.
    """

    def __init__(self, subject: str, limit: int = 50) -> None:
        self._subject = subject
        self._limit = limit
        self._found: list[tuple[int, str]] = []
        self._count = 0

    def add(self, row: int | None, column: str | None, text: str) -> None:
        """Note one problem; `row` as a spreadsheet counts (the header is 1), None for the whole table."""
        place = ", ".join(
            part
            for part in (
                gettext("row {row}", row=row) if row is not None else "",
                gettext("column {column}", column=column) if column else "",
            )
            if part
        )
        self._count += 1
        self._found.append((row or 0, f"{place}: {text}" if place else text))

    def add_where(
        self, bad: "pd.Series[bool]", column: str, values: pd.Series, wording: Callable[[object], str]
    ) -> None:
        """Note a problem for every True of `bad`, whose index is the row; long lists are only counted."""
        found = values[bad.to_numpy(dtype=bool)]
        for row, value in rows(found[: self._limit]).items():
            self.add(row, column, wording(value))
        self._count += max(0, len(found) - self._limit)

    def raise_if_any(self) -> None:
        """Raise all problems as one error.

        Raises
        ------
        TableError
            If there is at least one; the first in order of rows are spelled out.
        """
        if not self._count:
            return
        texts = [text for _, text in sorted(self._found, key=lambda found: found[0])[: self._limit]]
        if self._count > len(texts):
            texts.append(gettext("and {count} more problems", count=self._count - len(texts)))
        raise TableError(self._subject, texts, gettext(_CURE))


def one_of(allowed: Iterable[str]) -> Callable[[object], str]:
    """Wording for a value outside a short list."""
    names = ", ".join(name or "(empty)" for name in allowed)
    return lambda value: (
        gettext("{value!r} is not one of {names}", value=value, names=names)
        if value
        else gettext("empty, expected one of {names}", names=names)
    )


def parse(content: bytes, subject: str) -> pd.DataFrame:
    """Read delimited text (comma, semicolon or tab; UTF-8) into strings without outer blanks.

    Lines above the header that begin with ``# `` are left out; spreadsheets may have put them in quotes.

    Parameters
    ----------
    content : bytes
        The file.
    subject : str
        Its name, for messages.

    Returns
    -------
    DataFrame of str
        Its index is the row as a spreadsheet counts; empty rows are left out.

    Raises
    ------
    TableError
        If this is no text, no table, has a column twice, or rows of a different length than the header.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(
            subject, [gettext("not a text file in UTF-8")], gettext("save it as CSV (UTF-8)")
        ) from error
    if "\0" in text:
        raise TableError(subject, [gettext("not a text file")], gettext("save it as CSV (UTF-8)"))
    above, text = _without_head(text)
    header_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise TableError(
            subject, [gettext("not a table ({error})", error=error)], gettext("save it as CSV (UTF-8)")
        ) from error
    if not records or not any(field.strip() for field in records[0]):
        raise TableError(
            subject, [gettext("the first row holds no column names")], gettext("begin with a header row")
        )
    header = [name.strip() for name in records[0]]
    problems = Problems(subject)
    header_row = _HEADER_ROW + above
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        problems.add(header_row, name, gettext("this column is there more than once"))
    places, fields = [], []
    for row, record in enumerate(records[1:], start=header_row + 1):
        if not any(field.strip() for field in record):
            continue
        if len(record) != len(header):
            problems.add(
                row,
                None,
                gettext(
                    "{record} fields where the header has {header}", record=len(record), header=len(header)
                ),
            )
            continue
        places.append(row)
        fields.append([field.strip() for field in record])
    problems.raise_if_any()
    if not places:
        raise TableError(subject, [gettext("no rows below the header")], gettext("add a row for each case"))
    return pd.DataFrame(fields, index=places, columns=header, dtype="str")


def _without_head(text: str) -> tuple[int, str]:
    """How many commented lines stand above the header, and the text from the header on."""
    lines = text.split("\n")
    above = next((at for at, line in enumerate(lines) if not line.lstrip('"').startswith(MARK)), len(lines))
    return above, "\n".join(lines[above:])


def require_columns(frame: pd.DataFrame, columns: Iterable[str], problems: Problems) -> None:
    """Note each column that is missing and raise at once: without them nothing else can be checked."""
    missing = [name for name in columns if name not in frame.columns]
    for name in missing:
        problems.add(_HEADER_ROW, name, "missing")
    if missing:
        problems.raise_if_any()


def numbers(texts: pd.Series) -> tuple[pd.Series, "pd.Series[bool]"]:
    """Texts as float64, NaN where empty; and which of them are neither empty nor a finite number.

    A comma is a decimal comma where every number of the column that is not whole has one.
    """
    texts = _with_points(texts)
    values = pd.to_numeric(texts, errors="coerce").astype("float64")
    finite = values.abs() < float("inf")
    return values.where(finite), ~finite & (texts.astype("str") != "")


def _with_points(texts: pd.Series) -> pd.Series:
    """The same with decimal points, where the column is written with decimal commas throughout."""
    if not pd.api.types.is_string_dtype(texts) or not texts.str.contains(",", regex=False).any():
        return texts
    known = texts[texts != ""]
    written_so = known.str.fullmatch(r"[+-]?(\d+|\d*,\d+)([eE][+-]?\d+)?").all()
    return texts.str.replace(",", ".", regex=False) if written_so else texts


def rows(values: pd.Series) -> dict[int, Any]:
    """The values by their row."""
    return dict(zip(values.index.tolist(), values.tolist(), strict=True))
