"""A folder of films -> a folder of films fit to leave, and a table of what was done."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mvm_core.deidentification.burnt_in import TextFinder
from mvm_core.deidentification.film import Deidentified, deidentify_film
from mvm_core.deidentification.key import Key
from mvm_core.deidentification.table import (
    HELD,
    HELD_BACK,
    LEFT,
    NO_FILM,
    Outcome,
    alone_in,
    boxes_as_text,
    claim,
    read_table,
    write_down,
    write_table,
)
from mvm_core.errors import DeidentificationError, FilmError
from mvm_core.files import write_atomically
from mvm_core.language import gettext

_DONE = (LEFT, HELD)


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

    Returns
    -------
    tuple of Outcome
        The whole table, with what was done in runs before and what a person has settled since.

    Raises
    ------
    DeidentificationError
        If the source holds no file, a file cannot be read, the two folders lie within each other, or the
        other one was made otherwise.
    OutputError
        If a file cannot be written.
    """
    _check_folders(source, out)
    files = sorted(path for path in source.rglob("*") if path.is_file())
    if not files:
        raise DeidentificationError(
            str(source), gettext("there is no file in it"), gettext("name a folder with films")
        )
    with alone_in(out):
        rows = {row.number: row for row in read_table(out)}
        claim(out, key, text_looked_for=finder is not None)
        write_table(out, list(rows.values()))
        known = defaultdict(list)
        for row in rows.values():
            known[row.source_sha256].append(row)
        unused = max(rows, default=0) + 1
        for done, path in enumerate(files, start=1):
            content = _content(path, done)
            digest = hashlib.sha256(content).hexdigest()
            before = known[digest].pop(0) if known[digest] else None
            if before is None or (before.film and not (out / before.film).is_file()):
                number = unused if before is None else before.number
                unused += before is None
                rows[number] = _one(number, content, digest, out, key, finder)
                write_down(out, rows[number])
            if progress is not None:
                progress(done, len(files))
        outcomes = tuple(rows[number] for number in sorted(rows))
        write_table(out, outcomes)
    return outcomes


def _one(number: int, content: bytes, digest: str, out: Path, key: Key, finder: TextFinder | None) -> Outcome:
    try:
        # The file's own name may be the patient's.
        found = deidentify_film(content, f"file {number}", key, finder, paint_doubtful=False)
    except FilmError:
        return Outcome(number, digest, "", "", NO_FILM)
    outcome = _outcome(number, digest, found)
    write_atomically(out / outcome.film, found.content)
    return outcome


def _outcome(number: int, digest: str, found: Deidentified) -> Outcome:
    own = Outcome(
        number=number,
        source_sha256=digest,
        film=f"{number:06d}{found.suffix}",
        patient=found.patient,
        outcome=_DONE[found.held_back],
        attributes_removed=len(found.removed),
        texts_painted=len(found.texts),
        texts_doubtful=sum(text.doubtful for text in found.texts),
        text_boxes=boxes_as_text(text.box for text in found.texts),
        doubtful_boxes=boxes_as_text(text.box for text in found.texts if text.doubtful),
    )
    return replace(own, film=place_of(own))


def place_of(row: Outcome) -> str:
    """Where a film belongs in the folder, by its outcome."""
    folder = HELD_BACK if row.outcome == HELD else row.patient or "pictures"
    return f"{folder}/{Path(row.film).name}"


def _content(path: Path, number: int) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeidentificationError(
            gettext("file {number} of the folder", number=number),
            gettext("it cannot be read ({reason})", reason=error.strerror or type(error).__name__),
            gettext("see to it that all films can be read and nothing is moved meanwhile, and start again"),
        ) from None


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
