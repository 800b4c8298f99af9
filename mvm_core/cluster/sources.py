"""What a user names as an archive -> the files in it."""

from pathlib import Path

from mvm_core.cluster.dicomweb import SCHEME, WebArchive
from mvm_core.cluster.index import FilmPlace
from mvm_core.cluster.storage import Storage
from mvm_core.errors import StorageError

LIST_ENDING = ".txt"


def places_of(source: str) -> list[FilmPlace]:
    """List the files of an archive, in a fixed order.

    Parameters
    ----------
    source : str
        As of `mvm_core.cluster.archive.score_archive`.

    Raises
    ------
    StorageError
        If it is not there, cannot be reached, or a line of a list is nothing that can be read.
    """
    if "://" not in source and source.lower().endswith(LIST_ENDING):
        return _listed(Path(source))
    address = source if "://" in source else str(Path(source).resolve())
    if source.startswith(SCHEME):
        return [FilmPlace(address, path, size) for path, size in WebArchive(address).files()]
    return [
        FilmPlace(address, path, size)
        for path, size in Storage(address).files()
        if not path.rsplit("/", 1)[-1].startswith(".")
    ]


def _listed(file: Path) -> list[FilmPlace]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise StorageError(
            str(file),
            f"the list of films cannot be read ({why})",
            "give a text file with a path or an address in each line",
        ) from None
    places: dict[str, FilmPlace] = {}
    for line in filter(None, map(str.strip, lines)):
        if line not in places:
            folder, _, name = (line if "://" in line else str((file.parent / line).resolve())).rpartition("/")
            # What a list names and is not there is told with the films that could not be read.
            places[line] = FilmPlace(folder or "/", name, 0)
    return list(places.values())
