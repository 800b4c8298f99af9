"""The table of what was done with each film, and the journal that it is made of while a run goes on."""

import csv
import fcntl
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mvm_core.deidentification.key import Key
from mvm_core.errors import DeidentificationError, OutputError
from mvm_core.files import write_atomically
from mvm_core.language import gettext
from mvm_core.radiograph import Box

TABLE = "deidentified.csv"
HELD_BACK = "held-back"
LEFT, HELD, NO_FILM = "left", "held back", "not a film"
_WORK = ".deidentify"
_JOURNAL, _MADE_WITH, _LOCK = "journal.csv", "made-with.json", "lock"


@dataclass(frozen=True)
class Outcome:
    """What was done with one file; a row of the table, which names nobody.

    Attributes
    ----------
    number : int
        Of the file, in the order in which files came.
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
        Lines of text found in the image; of these the doubtful ones, which stay in a film that is held back.
    text_boxes, doubtful_boxes : str
        Where all of them lie, and the doubtful ones: ``x0 y0 x1 y1`` in pixels, separated by semicolons.
    acts : str
        What a person has done since, with the day of it, separated by semicolons.
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
    doubtful_boxes: str = ""
    acts: str = ""


_COLUMNS = [column.name for column in fields(Outcome)]


def boxes_as_text(boxes: Iterable[Box]) -> str:
    """Boxes as the table has them."""
    return "; ".join(f"{box.x0:.0f} {box.y0:.0f} {box.x1:.0f} {box.y1:.0f}" for box in boxes)


def boxes_of(said: str) -> tuple[Box, ...]:
    """Boxes out of the table.

    Raises
    ------
    ValueError
        If one is no box.
    """
    texts = [each.split() for each in said.split(";") if each.strip()]
    return tuple(Box(*(float(part) for part in parts)) for parts in texts if len(parts) == 4)


@contextmanager
def alone_in(out: Path, work: str = _WORK) -> Iterator[None]:
    """Keep other runs, and the page that films are looked at on, from changing a folder at the same time.

    Parameters
    ----------
    out : Path
    work : str
        Its folder for what only the program reads.

    Raises
    ------
    DeidentificationError
        If one of them is at work in it.
    OutputError
        If the folder cannot be written to.
    """
    lock = out / work / _LOCK
    if not lock.is_file():
        write_atomically(lock, b"")
    with lock.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DeidentificationError(
                str(out), gettext("something else is at work in it"), gettext("try again when that is done")
            ) from None
        yield


def claim(out: Path, key: Key, *, text_looked_for: bool, work: str = _WORK) -> None:
    """Take a folder for films made with a key, or go on with it.

    Raises
    ------
    OutputError
        If films were made in it with another key, or with their text looked for where it is not now, or the
        other way round: what lies there would count as done.
    """
    path = out / work / _MADE_WITH
    own = {"key": key.pseudonym("the key itself"), "text_looked_for": text_looked_for}
    try:
        before = json.loads(path.read_text()) if path.is_file() else own
    except ValueError:
        before = {}
    if before.get("key") != own["key"]:
        raise OutputError(
            str(out),
            gettext("it was made with another key"),
            gettext("use that key, or name another folder"),
        )
    if before != own:
        raise OutputError(
            str(out),
            gettext("text burnt into its films was looked for in one run and not in the other"),
            gettext("give the same options, or name another folder"),
        )
    write_atomically(path, json.dumps(own).encode())


def read_table(out: Path) -> tuple[Outcome, ...]:
    """The rows of a folder by number: those of the table, and what a run wrote down since.

    Raises
    ------
    DeidentificationError
        If it is another table.
    """
    table, journal = out / TABLE, out / _WORK / _JOURNAL
    rows = {row.number: row for path in (table, journal) for row in _read(path)}
    return tuple(rows[number] for number in sorted(rows))


def write_table(out: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the table whole, and begin a new journal.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(outcome) for outcome in outcomes)
    write_atomically(out / TABLE, text.getvalue().encode())
    write_atomically(out / _WORK / _JOURNAL, (",".join(_COLUMNS) + "\n").encode())


def write_down(out: Path, outcome: Outcome) -> None:
    """Add a row to the journal; a line that a stopped program has half written does not count.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path, text = out / _WORK / _JOURNAL, io.StringIO()
    csv.DictWriter(text, _COLUMNS, lineterminator="\n").writerow(asdict(outcome))
    try:
        with path.open("ab") as file:
            file.write(text.getvalue().encode())
    except OSError as error:
        raise OutputError(
            str(path),
            gettext("it cannot be written ({reason})", reason=error.strerror or type(error).__name__),
            gettext("choose a folder that can be written to and has free space"),
        ) from None


def _read(path: Path) -> Iterator[Outcome]:
    if not path.is_file():
        return
    try:
        text = path.read_text()
        whole_lines = text.rpartition("\n")[0] if path.name == _JOURNAL else text
        for row in csv.DictReader(io.StringIO(whole_lines)):
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
                doubtful_boxes=row.get("doubtful_boxes") or "",
                acts=row.get("acts") or "",
            )
    except (KeyError, ValueError, TypeError, UnicodeDecodeError):
        raise DeidentificationError(
            str(path),
            gettext("it is no table of this command"),
            gettext("name another folder, or delete the table to start anew"),
        ) from None
