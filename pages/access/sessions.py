"""Who is logged in, until when, and who has guessed too often."""

import hashlib
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from pages.access.accounts import Role

MOST_FAILURES = 5
"""Of one name within the window; the next attempt waits until the window has passed."""

MOST_FAILURES_FROM_ONE_ADDRESS = 25

WINDOW_S = 15 * 60.0

Clock = Callable[[], float]


@dataclass(frozen=True)
class Person:
    """Someone who is logged in."""

    name: str
    role: Role


class Sessions:
    """Logins in memory: a stop of the app ends them all. May be used from several threads.

    Parameters
    ----------
    idle_s : float
        A session that its user gives no sign of for so long ends.
    clock : callable
        Seconds.
    """

    def __init__(self, idle_s: float, clock: Clock = time.monotonic) -> None:
        self.idle_s, self._clock = idle_s, clock
        self._people: dict[str, tuple[Person, float]] = {}
        self._lock = threading.Lock()

    def begin(self, person: Person) -> str:
        """Begin a session; gives the token that its browser keeps, of which only the hash is kept here."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock()
            self._people = {key: kept for key, kept in self._people.items() if now - kept[1] < self.idle_s}
            self._people[_hash(token)] = (person, now)
        return token

    def person(self, token: str, touch: bool = False) -> Person | None:
        """Whose session it is; None where it has ended. A touch is a sign of its user."""
        key = _hash(token)
        with self._lock:
            kept = self._people.get(key)
            if kept is None:
                return None
            if self._clock() - kept[1] >= self.idle_s:
                del self._people[key]
                return None
            if touch:
                self._people[key] = (kept[0], self._clock())
            return kept[0]

    def end(self, token: str) -> None:
        """End a session."""
        with self._lock:
            self._people.pop(_hash(token), None)


class Failures:
    """Counts wrong passwords, by name and by address.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._times: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def is_locked(self, name: str, address: str) -> bool:
        """Whether this name, or this address, has failed too often to be heard now."""
        with self._lock:
            return (
                self._recent(("name", name)) >= MOST_FAILURES
                or self._recent(("address", address)) >= MOST_FAILURES_FROM_ONE_ADDRESS
            )

    def count(self, name: str, address: str) -> None:
        """Note a wrong password."""
        with self._lock:
            for key in (("name", name), ("address", address)):
                self._times[key].append(self._clock())
            for key in [key for key in self._times if not self._recent(key)]:
                del self._times[key]

    def forget(self, name: str) -> None:
        """Note a right one."""
        with self._lock:
            self._times.pop(("name", name), None)

    def _recent(self, key: tuple[str, str]) -> int:
        times = self._times.get(key)
        if times is None:
            return 0
        while times and self._clock() - times[0] >= WINDOW_S:
            times.popleft()
        return len(times)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
