"""Visitors and their answers, in one SQLite file: written at once, locked once given, wiped for good."""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mvm_core.errors import ChallengeError

FILE = "answers.sqlite"
LONGEST_NICKNAME = 20
_WAIT_S = 10
_ID_BYTES = 12
_TABLES = """
CREATE TABLE IF NOT EXISTS visitors (
    id TEXT PRIMARY KEY, challenge TEXT NOT NULL, number INTEGER NOT NULL, nickname TEXT NOT NULL,
    began REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS shown (
    visitor TEXT NOT NULL REFERENCES visitors(id) ON DELETE CASCADE, number INTEGER NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (visitor, number)
);
CREATE TABLE IF NOT EXISTS answers (
    visitor TEXT NOT NULL REFERENCES visitors(id) ON DELETE CASCADE, number INTEGER NOT NULL,
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1), level TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (visitor, number)
);
"""


@dataclass(frozen=True)
class Visitor:
    """Someone who plays.

    Attributes
    ----------
    id : str
        Known to the visitor's own browser alone.
    number : int
        From 1, in the order of coming.
    nickname : str
        Empty where none was given.
    """

    id: str
    number: int
    nickname: str


@dataclass(frozen=True)
class Answer:
    """What a visitor said of a case.

    Attributes
    ----------
    visitor : str
    number : int
        Of the case, from 1.
    probability : float
        Of MVM, in [0, 1].
    level : str
    seconds : float
        From when the case was first shown to the visitor, in s.
    """

    visitor: str
    number: int
    probability: float
    level: str
    seconds: float


class AnswerStore:
    """The answers of one challenge; may be used from several threads and processes.

    Parameters
    ----------
    folder : Path
        Of the challenge.
    challenge : str
        Its identity: answers to another challenge in the same folder are left out.
    """

    def __init__(self, folder: Path, challenge: str) -> None:
        self._path, self._challenge = folder / FILE, challenge

    def enter(self, nickname: str) -> Visitor:
        """Let a visitor in.

        Parameters
        ----------
        nickname : str
            Blanks around and within it are gathered, and it is cut to `LONGEST_NICKNAME` letters.

        Raises
        ------
        ChallengeError
            As all methods: if the file cannot be read or written.
        """
        name = " ".join(nickname.split())[:LONGEST_NICKNAME].strip()
        visitor = secrets.token_urlsafe(_ID_BYTES)
        with self._open() as file:
            file.execute("BEGIN IMMEDIATE")
            (before,) = file.execute(
                "SELECT COALESCE(MAX(number), 0) FROM visitors WHERE challenge = ?", (self._challenge,)
            ).fetchone()
            file.execute(
                "INSERT INTO visitors VALUES (?, ?, ?, ?, ?)",
                (visitor, self._challenge, before + 1, name, time.time()),
            )
        return Visitor(visitor, before + 1, name)

    def visitor(self, visitor: str) -> Visitor | None:
        """Who bears an id; None where it was wiped, or never given."""
        with self._open() as file:
            row = file.execute(
                "SELECT id, number, nickname FROM visitors WHERE id = ? AND challenge = ?",
                (visitor, self._challenge),
            ).fetchone()
        return Visitor(*row) if row is not None else None

    def visitors(self) -> tuple[Visitor, ...]:
        """All of them, in the order of coming."""
        with self._open() as file:
            rows = file.execute(
                "SELECT id, number, nickname FROM visitors WHERE challenge = ? ORDER BY number",
                (self._challenge,),
            ).fetchall()
        return tuple(Visitor(*row) for row in rows)

    def show(self, visitor: str, number: int) -> None:
        """Note when a case was first shown to a visitor; later times leave that as it is."""
        with self._open() as file:
            file.execute(
                "INSERT OR IGNORE INTO shown SELECT id, ?, ? FROM visitors WHERE id = ?",
                (number, time.time(), visitor),
            )

    def answer(self, visitor: str, number: int, probability: float, level: str) -> Answer | None:
        """Keep an answer; one given before stays as it is.

        Returns
        -------
        Answer or None
            The one that counts; None where the visitor was wiped.
        """
        now = time.time()
        with self._open() as file:
            file.execute("BEGIN IMMEDIATE")
            row = file.execute(
                "SELECT at FROM shown WHERE visitor = ? AND number = ?", (visitor, number)
            ).fetchone()
            seconds = max(0.0, now - row[0]) if row is not None else 0.0
            file.execute(
                "INSERT OR IGNORE INTO answers SELECT id, ?, ?, ?, ? FROM visitors WHERE id = ?",
                (number, probability, level, round(seconds, 1), visitor),
            )
        return next((each for each in self.answers(visitor) if each.number == number), None)

    def answers(self, visitor: str | None = None) -> tuple[Answer, ...]:
        """The answers of one visitor, or of all, by visitor in the order of coming and by case."""
        with self._open() as file:
            rows = file.execute(
                "SELECT visitor, answers.number, probability, level, seconds FROM answers "
                "JOIN visitors ON visitors.id = visitor WHERE challenge = ? AND (? IS NULL OR visitor = ?) "
                "ORDER BY visitors.number, answers.number",
                (self._challenge, visitor, visitor),
            ).fetchall()
        return tuple(Answer(*row) for row in rows)

    def forget(self, visitor: str) -> None:
        """Wipe one visitor with all answers."""
        with self._open() as file:
            file.execute("DELETE FROM visitors WHERE id = ?", (visitor,))

    def wipe(self) -> None:
        """Wipe every visitor and answer of this folder, so that nothing of them is left in the file."""
        with self._open() as file:
            file.execute("DELETE FROM visitors")
        with self._open() as file:
            file.execute("VACUUM")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)) as file:
                file.execute("PRAGMA foreign_keys = ON")
                # What is deleted is written over.
                file.execute("PRAGMA secure_delete = ON")
                file.execute("PRAGMA synchronous = FULL")
                file.executescript(_TABLES)
                yield file
                if file.in_transaction:
                    file.execute("COMMIT")
        except sqlite3.Error as error:
            raise ChallengeError(
                str(self._path),
                f"answers cannot be kept there ({error})",
                "see that the folder can be written to and has free space, or move a damaged file away",
            ) from None
