"""The folder that an archive's results are written into, part by part, so that a run can go on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mvm_core.cluster.rows import SCHEMAS
from mvm_core.errors import OutputError
from mvm_core.files import write_atomically

RUN = "run.json"
INDEX = "index"
DONE = "done"


def as_parquet(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue().to_pybytes()


@dataclass(frozen=True)
class ResultFolder:
    """Results of one run over one archive.

    Attributes
    ----------
    path : Path
    """

    path: Path

    def claim(self, run: Mapping[str, Any]) -> None:
        """Take a new or empty folder, or go on with the same run.

        Raises
        ------
        OutputError
            If it holds something else, or the results of another run.
        """
        file = self.path / RUN
        try:
            found = json.loads(file.read_text()) if file.is_file() else None
            occupied = self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir()))
        except (OSError, ValueError):
            found, occupied = None, True
        if found is None and occupied:
            raise OutputError(
                str(self.path), "it is neither empty nor results of an archive", "name a new or empty folder"
            )
        if found is None:
            write_atomically(file, (json.dumps(run, indent=2) + "\n").encode())
            return
        other = sorted(name for name in {*found, *run} if found.get(name) != run.get(name))
        if other:
            raise OutputError(
                str(self.path),
                f"it holds the results of another run ({', '.join(other)} differ)",
                "name a new or empty folder, or call that run as before to go on with it",
            )

    def _part(self, kind: str, number: int) -> Path:
        return self.path / kind / f"part-{number:06d}.parquet"

    def index_part(self, number: int) -> Path:
        """The file of a part of the index."""
        return self._part(INDEX, number)

    def index_rows(self) -> list[dict[str, Any]]:
        """All rows of the index, in the order of their parts."""
        files = sorted((self.path / INDEX).glob("part-*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def is_done(self, number: int) -> bool:
        """Whether a part was written whole."""
        return self._record(number).is_file()

    def _record(self, number: int) -> Path:
        return self.path / DONE / f"{number:06d}.json"

    def keep(
        self, number: int, rows: Mapping[str, Sequence[Mapping[str, object]]], record: Mapping[str, Any]
    ) -> None:
        """Write a part; its record comes last, and a part without one is done again.

        Raises
        ------
        OutputError
            If the folder cannot be written to or the disk is full.
        """
        for kind, schema in SCHEMAS.items():
            if rows[kind]:
                table = pa.Table.from_pylist([dict(row) for row in rows[kind]], schema=schema)
                write_atomically(self._part(kind, number), as_parquet(table))
        write_atomically(self._record(number), json.dumps(record).encode())

    def write_whole(self, kind: str) -> Path:
        """Write the parts of a table as one file too, to be handed on; one part after the other is in memory.

        Raises
        ------
        OutputError
            If the folder cannot be written to or the disk is full.
        """
        path = self.path / f"{kind}.parquet"
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            with pq.ParquetWriter(unfinished, SCHEMAS[kind], compression="zstd") as writer:
                for file in sorted((self.path / kind).glob("part-*.parquet")):
                    writer.write_table(pq.read_table(file, schema=SCHEMAS[kind]))
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise OutputError(str(path), error.strerror or type(error).__name__, "free some space") from None
        return unfinished.replace(path)

    def records(self) -> list[dict[str, Any]]:
        """The records of the parts that are done, in the order of the parts."""
        return [json.loads(file.read_text()) for file in sorted((self.path / DONE).glob("*.json"))]

    def table(self, kind: str) -> pa.Table:
        """One of the tables whole, in the order of its parts."""
        files = sorted((self.path / kind).glob("part-*.parquet"))
        schema = SCHEMAS[kind]
        return pa.concat_tables([schema.empty_table(), *(pq.read_table(file) for file in files)])
