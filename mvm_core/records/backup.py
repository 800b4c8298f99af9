"""The whole record as one file, for either database: JSON lines, compressed; restored only if whole."""

import gzip
import json
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from mvm_core.database import writing
from mvm_core.errors import DatabaseError
from mvm_core.files import write_atomically
from mvm_core.language import gettext
from mvm_core.records import chain
from mvm_core.records.record import Record
from mvm_core.records.tables import metadata

_FORM = "mvm record 1"


def back_up(record: Record, file: Path, who: str) -> int:
    """Write the record into a file that its owner alone may read; how many cases.

    Raises
    ------
    DatabaseError
        If the record cannot be read.
    OutputError
        If the file cannot be written.
    """
    lines, count = [json.dumps({"form": _FORM})], 0
    with writing(record.engine) as connection:
        chain.append(connection, record.secret, "backup", who)
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                lines.append(json.dumps({"table": table.name, "row": dict(row)}, ensure_ascii=False))
                count += table.name == "record_case"
        content = "\n".join([*lines, json.dumps({"end": len(lines)})]) + "\n"
        write_atomically(file, gzip.compress(content.encode("utf-8", "surrogatepass"), mtime=0), mode=0o600)
    return count


def restore(record: Record, file: Path, who: str) -> int:
    """Fill an empty record from a backup, all of it or nothing; how many cases.

    Raises
    ------
    DatabaseError
        If the record holds anything, or the file is no backup, is cut, was changed or is of another secret.
    """
    rows = _rows_of(file)
    with writing(record.engine) as connection:
        chain.take_turn(connection)
        for table in metadata.sorted_tables:
            if connection.execute(select(func.count()).select_from(table)).scalar():
                raise DatabaseError(
                    record.name,
                    gettext("it is not empty"),
                    gettext("restore into a new database, and set MVM_DATABASE to it"),
                )
        for table in metadata.sorted_tables:
            of_table = [row for name, row in rows if name == table.name]
            if of_table:
                connection.execute(insert(table), of_table)
        faults = record.faults(connection)
        if faults:
            raise DatabaseError(
                str(file),
                gettext("it does not hold together ({fault})", fault=faults[0]),
                gettext("take another backup, with the secret that it was made with"),
            )
        chain.append(connection, record.secret, "restore", who)
    return sum(name == "record_case" for name, _ in rows)


def _rows_of(file: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        lines = gzip.decompress(file.read_bytes()).decode("utf-8", "surrogatepass").splitlines()
        said = [json.loads(line) for line in lines]
        if said[0] != {"form": _FORM} or said[-1] != {"end": len(lines) - 1}:
            raise ValueError
        found = [(str(each["table"]), dict(each["row"])) for each in said[1:-1]]
        columns = {table.name: set(table.columns.keys()) for table in metadata.sorted_tables}
        if any(columns.get(name) != set(row) for name, row in found):
            raise ValueError
    except FileNotFoundError:
        raise DatabaseError(
            str(file), gettext("there is no such file"), gettext("name a file of records backup")
        ) from None
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError):
        raise DatabaseError(
            str(file), gettext("it is no whole backup of a record"), gettext("name a file of records backup")
        ) from None
    return found
