"""When what failed is tried again."""

import time

_MOST_DOUBLINGS = 6


class Patience:
    """When something that failed is tried again: ever later, at most 64 times the first wait.

    Parameters
    ----------
    first_s : float
        In seconds.
    """

    def __init__(self, first_s: float) -> None:
        self._first_s = first_s
        self._failed: dict[str, tuple[int, float]] = {}

    def is_over(self, what: str) -> bool:
        """Whether it may be tried now."""
        return what not in self._failed or time.monotonic() >= self._failed[what][1]

    def failed(self, what: str) -> None:
        """Wait for it, longer than before."""
        times = self._failed.get(what, (0, 0.0))[0]
        wait = self._first_s * 2 ** min(times, _MOST_DOUBLINGS)
        self._failed[what] = times + 1, time.monotonic() + wait

    def done(self, what: str) -> None:
        """Forget that it failed."""
        self._failed.pop(what, None)
