"""Files as they are dropped -> the films of one study -> a pair."""

import dataclasses
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from mvm_core.errors import FilmError, StudyError
from mvm_core.imaging.film import MAX_FILE_BYTES, read_film
from mvm_core.imaging.views import with_view
from mvm_core.radiograph import FilmPair, Radiograph, View

MAX_FILES = 200
MAX_UNPACKED_BYTES = 2 * MAX_FILE_BYTES
_QUIET_ENDINGS = (
    ".txt",
    ".xml",
    ".pdf",
    ".html",
    ".htm",
    ".json",
    ".csv",
    ".inf",
    ".exe",
    ".css",
    ".js",
    ".md",
)
_QUIET_NAMES = ("dicomdir", "thumbs.db", "desktop.ini", "autorun.inf", "lockfile", "version")


@dataclass(frozen=True)
class StudyFile:
    """A file as it was dropped: its name and content."""

    name: str
    content: bytes = field(repr=False)


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
        if file.content.startswith(b"PK\x03\x04") or file.content.startswith(b"PK\x05\x06"):
            unpacked.extend(_unzip(file))
        else:
            unpacked.append(file)
    return tuple(unpacked)


def _unzip(file: StudyFile) -> list[StudyFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and not _quiet(info.filename)]
            _check_members(file.name, members)
            unpacked, room = [], MAX_UNPACKED_BYTES
            for info in members:
                with archive.open(info) as member:
                    content = member.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise _too_large(file.name)
                unpacked.append(StudyFile(info.filename, content))
            return unpacked
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        raise StudyError(
            file.name, "the ZIP archive is damaged or cut short", "pack the study again, or drop the films"
        ) from None


def _check_members(name: str, members: list[zipfile.ZipInfo]) -> None:
    if not members:
        raise StudyError(name, "the ZIP archive holds no film", "pack the AP and the lateral film")
    if len(members) > MAX_FILES:
        raise StudyError(
            name, f"the ZIP archive holds {len(members)} files", "pack the AP and the lateral film alone"
        )
    if any(info.flag_bits & 1 for info in members):
        raise StudyError(name, "the ZIP archive is encrypted", "unpack it and drop the films")
    if sum(info.file_size for info in members) > MAX_UNPACKED_BYTES:
        raise _too_large(name)


def _too_large(name: str) -> StudyError:
    return StudyError(
        name,
        f"the ZIP archive unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MB",
        "pack the AP and the lateral film alone",
    )


def _quiet(path: str) -> bool:
    parts = path.lower().split("/")
    return (
        parts[0] == "__macosx"
        or parts[-1].startswith(".")
        or parts[-1] in _QUIET_NAMES
        or parts[-1].endswith(_QUIET_ENDINGS)
    )


def read_study(files: Sequence[StudyFile]) -> tuple[Radiograph, ...]:
    """Read the one or two films of a study.

    An archive may hold more, if exactly one AP and one lateral film are told apart by their tags; files in
    it that are no films are passed over then.

    Raises
    ------
    FilmError
        If a file that was dropped cannot be read as a film.
    StudyError
        If there is no film, or there are more than two and no telling which ones are meant.
    """
    if not files:
        raise StudyError("study", "there is no file in it", "drop an AP film, a lateral film or both")
    dropped = {file.name for file in files}
    films: list[Radiograph] = []
    refused: list[FilmError] = []
    for file in unpack_study(files):
        try:
            films.append(read_film(file.content, file.name))
        except FilmError as error:
            if file.name in dropped:
                raise
            refused.append(error)
    if not films:
        if len(refused) == 1:
            raise refused[0]
        raise StudyError(files[0].name, "none of its files is a film", "pack the AP and the lateral film")
    return tuple(films) if len(films) <= 2 else _the_two_meant(films)


def _the_two_meant(films: list[Radiograph]) -> tuple[Radiograph, ...]:
    by_view = {view: [film for film in films if film.view is view] for view in View}
    if all(len(found) == 1 for found in by_view.values()):
        note = f"{len(films)} films were found; the only AP and the only lateral one were taken."
        return tuple(
            dataclasses.replace(found[0], warnings=(*found[0].warnings, note)) for found in by_view.values()
        )
    names = ", ".join(film.name for film in films[:6]) + (", ..." if len(films) > 6 else "")
    raise StudyError(
        names, f"these are {len(films)} films, not a pair", "choose one AP and one lateral film and drop them"
    )


def pair_films(films: Sequence[Radiograph]) -> FilmPair:
    """Put one or two films in their places.

    A view that nothing tells is taken from the other film, else assumed, with a warning.

    Raises
    ------
    StudyError
        If there is no film, more than two, or two of the same view.
    """
    if not 1 <= len(films) <= 2:
        raise StudyError("study", f"it has {len(films)} films", "give an AP film, a lateral film or both")
    if len(films) == 1:
        film = films[0] if films[0].view is not None else _assume(films[0], View.AP)
        return _placed([film])
    first, second = films
    if first.view is None and second.view is None:
        first, second = _assume(first, View.AP), _assume(second, View.LATERAL)
    elif first.view is None:
        first = with_view(first, _other(second), "the other film's view")
    elif second.view is None:
        second = with_view(second, _other(first), "the other film's view")
    if first.view is None or first.view is second.view:
        shown = first.view.label if first.view is not None else "unknown"
        raise StudyError(
            f"{first.name} and {second.name}",
            f"both are {shown} films",
            "replace one of them by the other view, or set its view by hand",
        )
    return _placed([first, second])


def swap(pair: FilmPair) -> FilmPair:
    """Let the films change places; each box goes with its film."""
    return FilmPair(
        ap=with_view(pair.lateral, View.AP) if pair.lateral is not None else None,
        lateral=with_view(pair.ap, View.LATERAL) if pair.ap is not None else None,
        ap_box=pair.lateral_box,
        lateral_box=pair.ap_box,
    )


def _placed(films: Sequence[Radiograph]) -> FilmPair:
    by_view = {film.view: film for film in films}
    return FilmPair(ap=by_view.get(View.AP), lateral=by_view.get(View.LATERAL))


def _other(film: Radiograph) -> View:
    return View.LATERAL if film.view is View.AP else View.AP


def _assume(film: Radiograph, view: View) -> Radiograph:
    note = f"{film.name}: nothing tells its view, so it is taken for the {view.label} film; please confirm."
    return dataclasses.replace(film, view=view, view_source="assumed", warnings=(*film.warnings, note))
