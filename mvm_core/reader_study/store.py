"""The store of a reader study: who sits where, and answers that are locked as they are given."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mvm_core import database
from mvm_core.errors import OccupiedError, ReaderStudyError, TakenOverError
from mvm_core.language import gettext
from mvm_core.reader_study.answer import (
    Answer,
    Calibration,
    Clock,
    GivenAnswer,
    Sitting,
    check_answer,
)
from mvm_core.reader_study.closing import must_be_open
from mvm_core.reader_study.lists import Reading, reading_lists
from mvm_core.reader_study.plan import AIDED, StudyPlan
from mvm_core.reader_study.tables import ANSWER, CALIBRATION, SHOWN, SITTING, STUDY

MIGRATIONS = Path(__file__).with_name("migrations")
AWAY_S = 60.0
"""A window that gives no sign for so long is taken to be left."""

_DAY_S = 86_400.0
_SLACK_S = 1.0
"""So much may the clocks of browser and server differ over one reading."""
_TURNS: dict[str, Lock] = {}


class Store:
    """The answers of one study; may be used from several threads and processes.

    Make it with `Store.open`.

    Parameters
    ----------
    plan : StudyPlan
    engine : Engine
    now : callable
        Seconds since 1970.

    Attributes
    ----------
    lists : dict of str to tuple of Reading
        What each reader reads.
    begun_at : float
        When these answers were begun, in seconds since 1970.
    """

    def __init__(self, plan: StudyPlan, engine: Engine, now: Callable[[], float] = time.time) -> None:
        self.plan, self.engine, self._now = plan, engine, now
        self.lists = reading_lists(plan)
        self.begun_at = 0.0

    @classmethod
    def open(cls, plan: StudyPlan, weights: str, now: Callable[[], float] = time.time) -> "Store":
        """Open the answers of a study, laying them down at first.

        Parameters
        ----------
        plan : StudyPlan
        weights : str
            Identity of the weights whose answers are shown.
        now : callable

        Raises
        ------
        ReaderStudyError
            If the answers are of another study, or were begun with other weights.
        MvmError
            If the database cannot be opened.
        """
        store = cls(plan, database.open_database(plan.database, MIGRATIONS), now)
        store._begin(weights)
        return store

    def _begin(self, weights: str) -> None:
        begun = select(STUDY.c.fingerprint, STUDY.c.weights, STUDY.c.title, STUDY.c.begun_at)
        with database.reading(self.engine) as connection:
            found = connection.execute(begun).one_or_none()
        if found is None:
            try:
                with self._writing() as connection:
                    self._lay_down(connection, weights)
            except IntegrityError:
                # another process was faster; what it wrote is looked at below
                pass
            with database.reading(self.engine) as connection:
                found = connection.execute(begun).one()
        if found.fingerprint != self.plan.fingerprint:
            raise ReaderStudyError(
                self.plan.path.name,
                gettext("the answers kept for it are of another study, {title}", title=found.title),
                gettext("bring its file back as it was, or name another place for the answers"),
            )
        if found.weights != weights:
            raise ReaderStudyError(
                self.plan.path.name,
                gettext(
                    "its answers were begun with the weights {begun}, and these are {weights}",
                    begun=found.weights[:12],
                    weights=weights[:12],
                ),
                gettext("start the app with the weights that it was begun with"),
            )
        self.begun_at = found.begun_at

    def _lay_down(self, connection: Connection, weights: str) -> None:
        now = self._now()
        connection.execute(
            insert(STUDY).values(
                id=1, fingerprint=self.plan.fingerprint, title=self.plan.title, weights=weights, begun_at=now
            )
        )
        connection.execute(
            insert(SITTING),
            [
                {"reader": each.name, "token": "", "since_at": 0.0, "seen_at": 0.0}
                for each in self.plan.readers
            ],
        )

    def sit(self, reader: str, *, take_over: bool = False) -> Sitting:
        """Give a reader a window.

        Raises
        ------
        OccupiedError
            If he reads in another one and this does not take over.
        ReaderStudyError
            If the organiser has closed the study.
        """
        token, now = secrets.token_hex(16), self._now()
        free = (SITTING.c.token == "") | (SITTING.c.seen_at < now - AWAY_S)
        own = update(SITTING).where(SITTING.c.reader == reader)
        with self._writing() as connection:
            must_be_open(connection, self.plan.title)
            taken = connection.execute(
                (own if take_over else own.where(free)).values(token=token, since_at=now, seen_at=now)
            )
        if not taken.rowcount:
            raise OccupiedError(
                reader,
                gettext("reads in another window at this moment"),
                gettext("go on there, or take over here"),
            )
        return Sitting(reader, token)

    def leave(self, sitting: Sitting) -> None:
        """Free a reader's window; nothing where another one has taken over."""
        with self._writing() as connection:
            connection.execute(
                update(SITTING)
                .where(SITTING.c.reader == sitting.reader, SITTING.c.token == sitting.token)
                .values(token="")
            )

    def next_reading(self, reader: str) -> Reading | None:
        """What a reader reads next; None where he has read all."""
        with database.reading(self.engine) as connection:
            return self._next(connection, reader)

    def ready_at(self, reading: Reading, reader: str) -> float:
        """From when on a reading may be begun, in seconds since 1970; 0 where at once.

        Only the second part of a crossover waits: for the wash-out after the last answer of the first.
        """
        with database.reading(self.engine) as connection:
            return self._ready_at(connection, reading, reader)

    def show(self, sitting: Sitting, reading: Reading) -> Clock:
        """Begin or go on with a reading, and tell how long it has taken so far.

        Raises
        ------
        ReaderStudyError
            If another window has taken over, or this is not what the reader reads next.
        """
        with self._writing() as connection:
            self._hold(connection, sitting)
            self._must_be_next(connection, sitting.reader, reading)
            kept = connection.execute(_shown(sitting.reader, reading.place)).one_or_none()
            if kept is None:
                connection.execute(
                    insert(SHOWN).values(
                        reader=sitting.reader,
                        place=reading.place,
                        began_at=self._now(),
                        seconds=0.0,
                        idle_seconds=0.0,
                        interruptions=0,
                    )
                )
                return Clock()
            clock = Clock(kept.seconds, kept.idle_seconds, kept.interruptions + 1)
            self._keep(connection, sitting.reader, reading.place, clock)
            return clock

    def tick(self, sitting: Sitting, reading: Reading, clock: Clock) -> None:
        """Keep how long a reading has taken so far, should it be interrupted.

        Raises
        ------
        TakenOverError
            If another window has taken over.
        """
        with self._writing() as connection:
            self._hold(connection, sitting)
            self._keep(connection, sitting.reader, reading.place, clock)

    def give(
        self, sitting: Sitting, reading: Reading, answer: Answer, clock: Clock, advice: float | None = None
    ) -> None:
        """Lock an answer: on return it is on the disk, and nothing changes it any more.

        Parameters
        ----------
        sitting : Sitting
        reading : Reading
            What the window shows.
        answer : Answer
        clock : Clock
        advice : float or None
            The model's probability of MVM that was shown, in [0, 1].

        Raises
        ------
        ReaderStudyError
            If another window has taken over, this is not what the reader reads next or he has answered it
            already, the answer does not say what is asked, it comes too early, or the study is closed.
        """
        check_answer(self.plan, answer)
        if (advice is None) != (reading.modality != AIDED):
            raise ValueError(f"advice {advice} in the modality {reading.modality}")
        with self._writing() as connection:
            self._hold(connection, sitting)
            must_be_open(connection, self.plan.title)
            self._must_be_next(connection, sitting.reader, reading)
            shown = connection.execute(_shown(sitting.reader, reading.place)).one_or_none()
            if shown is None:
                raise _not_next()
            now = self._now()
            # no browser can have had the films longer in sight than they were shown
            longest = now - shown.began_at + _SLACK_S
            seconds = min(clock.seconds, longest)
            if seconds < self.plan.shortest_s:
                raise ReaderStudyError(
                    gettext("This answer"),
                    gettext("it comes before {seconds:g} s have gone by", seconds=self.plan.shortest_s),
                    gettext("look at the films a little longer"),
                )
            connection.execute(
                insert(ANSWER).values(
                    reader=sitting.reader,
                    place=reading.place,
                    part=reading.part,
                    case_id=reading.case_id,
                    modality=reading.modality,
                    probability=answer.probability,
                    level=answer.level,
                    sign=answer.sign,
                    mri=answer.mri,
                    advice=advice,
                    seconds=round(seconds, 1),
                    idle_seconds=round(min(clock.idle_seconds, seconds), 1),
                    interruptions=max(shown.interruptions, clock.interruptions),
                    given_at=now,
                )
            )

    def calibrate(self, sitting: Sitting, found: Calibration) -> None:
        """Keep a reader's screen with his answers.

        Raises
        ------
        TakenOverError
            If another window has taken over.
        """
        with self._writing() as connection:
            self._hold(connection, sitting)
            connection.execute(
                insert(CALIBRATION).values(reader=sitting.reader, made_at=self._now(), **vars(found))
            )

    def calibrations(self, reader: str) -> tuple[Calibration, ...]:
        """The screens that a reader set up, the newest last."""
        wanted = [CALIBRATION.c[name] for name in Calibration.__dataclass_fields__]
        rows = select(*wanted).where(CALIBRATION.c.reader == reader).order_by(CALIBRATION.c.id)
        with database.reading(self.engine) as connection:
            return tuple(Calibration(**row._mapping) for row in connection.execute(rows))

    def answers(self, reader: str | None = None) -> tuple[GivenAnswer, ...]:
        """Locked answers, of one reader or of all, in the order of their lists; practice included."""
        rows = select(ANSWER).order_by(ANSWER.c.reader, ANSWER.c.place)
        if reader is not None:
            rows = rows.where(ANSWER.c.reader == reader)
        with database.reading(self.engine) as connection:
            return tuple(_given(row._mapping) for row in connection.execute(rows))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction; on SQLite one after the other, since its own way of waiting can pass a writer by."""
        one_by_one = self.engine.dialect.name == "sqlite"
        with _turn(self.plan.database) if one_by_one else nullcontext(), database.writing(self.engine) as own:
            yield own

    def _hold(self, connection: Connection, sitting: Sitting) -> None:
        """Go on only in the window that the reader sits at; comes first, since it locks out the others."""
        held = connection.execute(
            update(SITTING)
            .where(SITTING.c.reader == sitting.reader, SITTING.c.token == sitting.token)
            .values(seen_at=self._now())
        )
        if not held.rowcount:
            raise TakenOverError(
                sitting.reader,
                gettext("has gone on in another window, so this one takes no answer any more"),
                gettext("go on there, or give the code again here"),
            )

    def _next(self, connection: Connection, reader: str) -> Reading | None:
        count = connection.execute(
            select(func.count()).select_from(ANSWER).where(ANSWER.c.reader == reader)
        ).scalar_one()
        own = self.lists[reader]
        return own[count] if count < len(own) else None

    def _must_be_next(self, connection: Connection, reader: str, reading: Reading) -> None:
        if self._next(connection, reader) != reading or self._now() < self._ready_at(
            connection, reading, reader
        ):
            raise _not_next()

    def _ready_at(self, connection: Connection, reading: Reading, reader: str) -> float:
        if reading.part < 2:
            return 0.0
        last = connection.execute(
            select(func.max(ANSWER.c.given_at)).where(ANSWER.c.reader == reader, ANSWER.c.part == 1)
        ).scalar_one()
        return (last or 0.0) + self.plan.washout_days * _DAY_S

    def _keep(self, connection: Connection, reader: str, place: int, clock: Clock) -> None:
        connection.execute(
            update(SHOWN).where(SHOWN.c.reader == reader, SHOWN.c.place == place).values(**vars(clock))
        )


def _turn(name: str) -> Lock:
    """What the writers of this process to one database take in turn."""
    # Two who ask first at once get one lock, as of a cache they would not.
    return _TURNS.setdefault(name, Lock())


def _shown(reader: str, place: int):  # type: ignore[no-untyped-def]
    return select(SHOWN).where(SHOWN.c.reader == reader, SHOWN.c.place == place)


def _given(row) -> GivenAnswer:  # type: ignore[no-untyped-def]
    return GivenAnswer(
        row["reader"],
        row["place"],
        row["part"],
        row["case_id"],
        row["modality"],
        Answer(row["probability"], row["level"], row["sign"], row["mri"]),
        row["advice"],
        Clock(row["seconds"], row["idle_seconds"], row["interruptions"]),
        row["given_at"],
    )


def _not_next() -> ReaderStudyError:
    return ReaderStudyError(
        gettext("This case"),
        gettext("it is answered already, or not yet due"),
        gettext("go on with the one that the page shows now"),
    )
