"""When somebody asked last, so that work for which nobody waits can stand back for those who do."""

import time
from collections.abc import Callable

QUIET_S = 0.35
"""As long without a request, and a page that came has been drawn."""

MOST_S = 1.5
"""No longer: where many come, the work for all of them has to be done too."""


class Visits:
    """The requests to this app.

    Parameters
    ----------
    now, sleep : callable, optional
        The clock.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now, self._sleep, self._last = now, sleep, now()

    def note(self) -> None:
        """Somebody asks."""
        self._last = self._now()

    def wait_for_quiet(self) -> None:
        """Come back once nobody has asked for a while."""
        until = self._now() + MOST_S
        while (left := min(self._last + QUIET_S, until) - self._now()) > 0:
            self._sleep(left)


visits = Visits()
"""Of this process."""
