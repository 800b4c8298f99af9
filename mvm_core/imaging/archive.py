"""Files as they are dropped, and the ZIP archives among them; nothing is written to disk."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mvm_core.errors import StudyError
from mvm_core.imaging.limits import MAX_FILE_BYTES
from mvm_core.language import gettext

MAX_FILES = 200
MAX_UNPACKED_BYTES = 2 * MAX_FILE_BYTES
_QUIET_ENDINGS = (
    *(".txt", ".xml", ".xsl", ".pdf", ".html", ".htm", ".json", ".csv", ".md", ".log", ".css", ".js"),
    *(".inf", ".ini", ".exe", ".dll", ".ico", ".gif", ".svg"),
)
_QUIET_NAMES = ("dicomdir", "thumbs.db", "lockfile", "version", "readme", "license")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class StudyFile:
    """A file as it was dropped: its name and content."""

    name: str
    content: bytes = field(repr=False)


def is_archive(file: StudyFile) -> bool:
    """Tell a ZIP archive by its first bytes."""
    return file.content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def unpack_study(files: Sequence[StudyFile]) -> tuple[StudyFile, ...]:
    """Replace ZIP archives by the files in them, in memory.

    DICOMDIR, hidden files and documents in archives are left out.

    Raises
    ------
    StudyError
        If an archive is damaged, encrypted, too large once unpacked, holds too many files or no film.
    """
    unpacked: list[StudyFile] = []
    for file in files:
        unpacked.extend(members_of(file) if is_archive(file) else [file])
    return tuple(unpacked)


def members_of(file: StudyFile) -> Iterator[StudyFile]:
    """Unpack a ZIP archive, one file at a time; what is left out and raised is as of `unpack_study`."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and not _quiet(info.filename)]
            _check_members(file.name, members)
            room = MAX_UNPACKED_BYTES
            for info in members:
                # The declared size may be wrong.
                with archive.open(info) as member:
                    content = member.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise _too_large(file.name)
                yield StudyFile(_printable(info.filename), content)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        ArithmeticError,
        EOFError,
        LookupError,
        MemoryError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
    ) as error:
        raise StudyError(
            file.name,
            gettext("the ZIP archive is damaged or cut short"),
            gettext("pack the study again, or drop the films"),
        ) from error


def _check_members(name: str, members: list[zipfile.ZipInfo]) -> None:
    if not members:
        raise StudyError(
            name, gettext("the ZIP archive holds no film"), gettext("pack the AP and the lateral film")
        )
    if len(members) > MAX_FILES:
        raise StudyError(
            name,
            gettext("the ZIP archive holds {members} files", members=len(members)),
            gettext("pack the AP and the lateral film alone"),
        )
    if any(info.flag_bits & 1 for info in members):
        raise StudyError(
            name, gettext("the ZIP archive is encrypted"), gettext("unpack it and drop the films")
        )
    if any(info.compress_type not in _METHODS for info in members):
        raise StudyError(
            name,
            gettext("the ZIP archive is packed by a method that cannot be read"),
            gettext("unpack it and drop the films"),
        )
    if sum(info.file_size for info in members) > MAX_UNPACKED_BYTES:
        raise _too_large(name)


def _too_large(name: str) -> StudyError:
    return StudyError(
        name,
        gettext(
            "the ZIP archive unpacks to more than {most} MB",
            most=MAX_UNPACKED_BYTES // 2**20,
        ),
        gettext("pack the AP and the lateral film alone"),
    )


def _quiet(path: str) -> bool:
    *folders, name = path.replace("\\", "/").lower().split("/")
    return (
        "__macosx" in folders or name.startswith(".") or name in _QUIET_NAMES or name.endswith(_QUIET_ENDINGS)
    )


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)
