"""First pass over an archive: which films there are, and what their headers say of study and view."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from mvm_core.cluster.dicomweb import SCHEME, WebArchive
from mvm_core.cluster.storage import Storage
from mvm_core.errors import FilmError
from mvm_core.imaging import MAX_FILE_BYTES, FilmHeader, read_header
from mvm_core.radiograph import View

BEGINNING_BYTES = 128 * 1024
"""What is read of a film at first; more only where its header is longer."""

_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class FilmPlace:
    """Where a file lies.

    Attributes
    ----------
    storage : str
        Address of the `Storage`.
    path : str
        From there; empty for the storage itself.
    size : int
        In bytes; 0 where it is not known before it is read.
    member : str
        Of the ZIP archive that the file is; empty for a file of its own.
    """

    storage: str
    path: str
    size: int
    member: str = ""

    @property
    def named(self) -> str:
        """The path that tables name, with the member after an exclamation mark."""
        path = self.path or self.storage
        return f"{path}!{self.member}" if self.member else path

    @property
    def short(self) -> str:
        """The last part of the name, for messages."""
        return (self.member or self.path or self.storage).rsplit("/", 1)[-1]

    def read(self, most: int = MAX_FILE_BYTES + 1) -> bytes:
        """The file's first bytes, all of it where it has no more than `most`.

        Raises
        ------
        FilmError
            If it cannot be read.
        StorageError
            If the storage cannot be reached.
        """
        if self.storage.startswith(SCHEME):
            return WebArchive(self.storage).read(self.path, most)
        if not self.member:
            return Storage(self.storage).read(self.path, most)
        with (
            _of_archive(self.short),
            Storage(self.storage).opened(self.path) as file,
            zipfile.ZipFile(file) as archive,
            archive.open(self.member) as member,
        ):
            return member.read(most)  # the declared size may be wrong


@dataclass(frozen=True)
class FilmEntry:
    """One film of the index.

    Attributes
    ----------
    place : FilmPlace
    header_sha256 : str
        Of the beginning that was read, or of the header that a DICOMweb server told, in hexadecimal digits.
    header : FilmHeader
    problem : str
        Why the file cannot be a film, found already now; else empty.
    """

    place: FilmPlace
    header_sha256: str
    header: FilmHeader
    problem: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """The entry as a row of the index."""
        said = {**asdict(self.place), **asdict(self.header), "header_sha256": self.header_sha256}
        view = self.header.view
        return {**said, "view": view.value if view is not None else "", "problem": self.problem}

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> "FilmEntry":
        """The entry of a row of the index."""
        place = FilmPlace(row["storage"], row["path"], row["size"], row["member"])
        view = View(row["view"]) if row["view"] else None
        texts = {name: row[name] for name in ("study", "series", "instance", "body_part")}
        return cls(
            place, row["header_sha256"], FilmHeader(**texts, view=view, pixels=row["pixels"]), row["problem"]
        )


def index_files(places: Sequence[FilmPlace]) -> list[dict[str, Any]]:
    """Read the headers of some files, and of the files in ZIP archives among them; gives rows of the index.

    Raises
    ------
    StorageError
        If the storage cannot be reached.
    """
    return [entry.row for place in places for entry in _entries(place)]


def _entries(place: FilmPlace) -> Iterator[FilmEntry]:
    try:
        if place.storage.startswith(SCHEME):
            header, digest = WebArchive(place.storage).header(place.path)
            yield FilmEntry(place, digest, header)
            return
        beginning = place.read(BEGINNING_BYTES)
        if not beginning.startswith(_ZIP_MARKS):
            yield _entry(place, beginning, place.read)
            return
        with (
            _of_archive(place.short),
            Storage(place.storage).opened(place.path) as file,
            zipfile.ZipFile(file) as archive,
        ):
            found = False
            for info in archive.infolist():
                if info.is_dir() or info.filename.rsplit("/", 1)[-1].startswith("."):
                    continue
                found = True
                yield _member(FilmPlace(place.storage, place.path, info.file_size, info.filename), archive)
            if not found:
                yield FilmEntry(place, "", FilmHeader(), "the ZIP archive holds no film")
    except FilmError as error:
        yield FilmEntry(place, "", FilmHeader(), error.problem)


def _member(place: FilmPlace, archive: zipfile.ZipFile) -> FilmEntry:
    try:
        with _of_archive(place.short), archive.open(place.member) as member:
            return _entry(place, member.read(BEGINNING_BYTES), place.read)
    except FilmError as error:
        return FilmEntry(place, "", FilmHeader(), error.problem)


def _entry(place: FilmPlace, beginning: bytes, whole: Callable[[], bytes]) -> FilmEntry:
    header = read_header(beginning, place.short)
    if not header.whole and len(beginning) == BEGINNING_BYTES:
        header = read_header(whole(), place.short)
    return FilmEntry(place, hashlib.sha256(beginning).hexdigest(), header)


@contextmanager
def _of_archive(name: str) -> Iterator[None]:
    """Damage of a ZIP archive in the block as one sentence."""
    try:
        yield
    except _DAMAGED_ZIP as error:
        encrypted = "encrypted" in str(error)
        raise FilmError(
            name,
            "the ZIP archive is encrypted" if encrypted else "the ZIP archive is damaged or cut short",
            "unpack it" if encrypted else "pack it again",
        ) from None
