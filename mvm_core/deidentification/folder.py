"""A folder of films -> a folder of films fit to leave, and a table of what was done."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mvm_core.deidentification.burnt_in import TextFinder
from mvm_core.deidentification.film import Deidentified, deidentify_film
from mvm_core.deidentification.key import Key
from mvm_core.errors import DeidentificationError, FilmError
from mvm_core.files import write_atomically
from mvm_core.language import gettext

TABLE = "deidentified.csv"
HELD_BACK = "held-back"
_DONE = ("left", "held back")


@dataclass(frozen=True)
class Outcome:
    """What was done with one file; a row of the table, which names nobody.

    Attributes
    ----------
    number : int
        Of the file, in the order of the folder's names.
    source_sha256 : str
        Of the file as it was, by which whoever has it knows it again.
    film : str
        The new file; empty where there is none.
    patient : str
        The pseudonym.
    outcome : str
        ``left``, ``held back`` (a person should look at the image), or ``not a film``.
    attributes_removed : int
    texts_painted, texts_doubtful : int
        Lines of text in the image; of these the doubtful ones.
    text_boxes : str
        Where they lie: ``x0 y0 x1 y1`` in pixels, separated by semicolons.
    """

    number: int
    source_sha256: str
    film: str
    patient: str
    outcome: str
    attributes_removed: int = 0
    texts_painted: int = 0
    texts_doubtful: int = 0
    text_boxes: str = ""


def deidentify_folder(
    source: Path,
    out: Path,
    key: Key,
    finder: TextFinder | None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Outcome, ...]:
    """Make all films of a folder fit to leave; a run that was stopped goes on where it was.

    Parameters
    ----------
    source : Path
        Its files are never changed.
    out : Path
        Gets a folder for each patient's pseudonym, ``held-back`` for what a person should look at, and the
        table.
    key : Key
    finder : TextFinder or None
        None leaves images as they are.
    progress : callable, optional
        Called with the number of files done and to do.

    Raises
    ------
    DeidentificationError
        If the source holds no file, or the two folders lie within each other.
    OutputError
        If a file cannot be written.
    """
    _check_folders(source, out)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    if not files:
        raise DeidentificationError(
            str(source), gettext("there is no file in it"), gettext("name a folder with films")
        )
    known = {row.source_sha256: row for row in _read_table(out / TABLE)}
    outcomes = []
    for number, path in enumerate(files, start=1):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        before = known.get(digest)
        if (
            before is not None
            and before.number == number
            and (not before.film or (out / before.film).is_file())
        ):
            outcomes.append(before)
        else:
            outcomes.append(_one(number, content, digest, out, key, finder))
            _write_table(out / TABLE, outcomes)
        if progress is not None:
            progress(number, len(files))
    _write_table(out / TABLE, outcomes)
    return tuple(outcomes)


def _one(number: int, content: bytes, digest: str, out: Path, key: Key, finder: TextFinder | None) -> Outcome:
    try:
        # The file's own name may be the patient's.
        found = deidentify_film(content, f"file {number}", key, finder)
    except FilmError:
        return Outcome(number, digest, "", "", "not a film")
    place = Path(HELD_BACK) if found.held_back else Path(found.patient or "pictures")
    name = place / f"{number:06d}{found.suffix}"
    write_atomically(out / name, found.content)
    return _outcome(number, digest, name, found)


def _outcome(number: int, digest: str, name: Path, found: Deidentified) -> Outcome:
    return Outcome(
        number=number,
        source_sha256=digest,
        film=name.as_posix(),
        patient=found.patient,
        outcome=_DONE[found.held_back],
        attributes_removed=len(found.removed),
        texts_painted=len(found.texts),
        texts_doubtful=sum(text.doubtful for text in found.texts),
        text_boxes="; ".join(text.box.as_text(digits=0) for text in found.texts),
    )


def _is_there(out: Path, before: Outcome) -> bool:
    return not before.film or (out / before.film).is_file()


def _check_folders(source: Path, out: Path) -> None:
    if not source.is_dir():
        raise DeidentificationError(
            str(source), gettext("there is no such folder"), gettext("name one with films")
        )
    one, other = source.resolve(), out.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise DeidentificationError(
            str(out),
            gettext("it lies in the folder of the films, or these in it"),
            gettext("name another folder, so that what may leave is alone in it"),
        )


def _write_table(path: Path, outcomes: Sequence[Outcome]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in fields(Outcome)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(outcome) for outcome in outcomes)
    write_atomically(path, text.getvalue().encode())


def _read_table(path: Path) -> Iterator[Outcome]:
    if not path.is_file():
        return
    try:
        for row in csv.DictReader(io.StringIO(path.read_text())):
            yield Outcome(
                number=int(row["number"]),
                source_sha256=row["source_sha256"],
                film=row["film"],
                patient=row["patient"],
                outcome=row["outcome"],
                attributes_removed=int(row["attributes_removed"]),
                texts_painted=int(row["texts_painted"]),
                texts_doubtful=int(row["texts_doubtful"]),
                text_boxes=row["text_boxes"],
            )
    except (KeyError, ValueError, TypeError, UnicodeDecodeError):
        raise DeidentificationError(
            str(path),
            gettext("it is no table of this command"),
            gettext("name another folder, or delete the table to start anew"),
        ) from None
