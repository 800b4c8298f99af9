"""The whole record as one file, for either database: JSON lines, compressed; restored only if whole."""

import base64
import gzip
import itertools
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select

from mvm_core.database import writing
from mvm_core.errors import DatabaseError
from mvm_core.files import written_atomically
from mvm_core.language import gettext
from mvm_core.records import chain
from mvm_core.records.record import Record
from mvm_core.records.tables import metadata

_FORM = "mvm record 1"
_AT_ONCE = 50
"""Rows put in at once: films are large."""

Line = tuple[str, dict[str, Any]]


def back_up(record: Record, file: Path, who: str) -> int:
    """Write the record into a file that its owner alone may read; how many cases.

    Raises
    ------
    DatabaseError
        If the record cannot be read.
    OutputError
        If the file cannot be written.
    """
    lines, count = 1, 0
    with writing(record.engine) as connection:
        chain.append(connection, record.secret, "backup", who)
        with (
            written_atomically(file, 0o600) as whole,
            gzip.GzipFile(filename="", fileobj=whole, mode="wb", mtime=0) as packed,
        ):
            packed.write(_line({"form": _FORM}))
            for table in metadata.sorted_tables:
                rows = connection.execute(select(table).execution_options(yield_per=_AT_ONCE))
                for row in rows.mappings():
                    packed.write(_line({"table": table.name, "row": _plain(row)}))
                    lines += 1
                    count += table.name == "record_case"
            packed.write(_line({"end": lines}))
    return count


def restore(record: Record, file: Path, who: str) -> int:
    """Fill an empty record from a backup, all of it or nothing; how many cases.

    Raises
    ------
    DatabaseError
        If the record holds anything, or the file is no backup, is cut, was changed or is of another secret.
    """
    count = sum(name == "record_case" for name, _ in _rows_of(file))
    with writing(record.engine) as connection:
        chain.take_turn(connection)
        for table in metadata.sorted_tables:
            if connection.execute(select(func.count()).select_from(table)).scalar():
                raise DatabaseError(
                    record.name,
                    gettext("it is not empty"),
                    gettext("restore into a new database, and set MVM_DATABASE to it"),
                )
        # A backup holds its tables in their order, so that what others refer to comes first.
        for name, lines in itertools.groupby(_rows_of(file), key=lambda line: line[0]):
            while some := [row for _, row in itertools.islice(lines, _AT_ONCE)]:
                connection.execute(insert(metadata.tables[name]), some)
        faults = record.faults(connection)
        if faults:
            raise DatabaseError(
                str(file),
                gettext("it does not hold together ({fault})", fault=faults[0]),
                gettext("take another backup, with the secret that it was made with"),
            )
        chain.append(connection, record.secret, "restore", who)
    return count


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for name, value in row.items()
    }


def _rows_of(file: Path) -> Iterator[Line]:
    """The rows of a backup, one after the other; its last line is looked at last."""
    try:
        with gzip.open(file, "rb") as packed:
            number, end = 0, 0
            for number, line in enumerate(packed, start=1):
                said = json.loads(line.decode("utf-8", "surrogatepass"))
                if end or (number == 1 and said != {"form": _FORM}):
                    raise ValueError
                if "end" in said:
                    end = number
                    if said != {"end": number - 1}:
                        raise ValueError
                elif number > 1:
                    yield str(said["table"]), _typed(metadata.tables[said["table"]], dict(said["row"]))
            if not end:
                raise ValueError
    except FileNotFoundError:
        raise DatabaseError(
            str(file), gettext("there is no such file"), gettext("name a file of records backup")
        ) from None
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        raise DatabaseError(
            str(file), gettext("it is no whole backup of a record"), gettext("name a file of records backup")
        ) from None


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row as the database takes it; columns that came after the backup are as in a record of then."""
    columns = {column.name: column for column in table.columns}
    later = {name: False for name, column in columns.items() if column.server_default is not None}
    row = {**later, **row}
    if columns.keys() != row.keys():
        raise ValueError
    return {
        name: base64.b64decode(value, validate=True) if columns[name].type.python_type is bytes else value
        for name, value in row.items()
    }
