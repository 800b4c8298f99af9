"""How often each one asks."""

import time
from collections import OrderedDict, deque

_REMEMBERED = 10_000
_MINUTE_S = 60.0


class Rates:
    """Counts the requests of the last minute, by who asks."""

    def __init__(self, a_minute: int) -> None:
        self._most = a_minute
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, who: str) -> bool:
        """Count one more request; whether it is within the bound."""
        now = time.monotonic()
        times = self._asked.setdefault(who, deque())
        self._asked.move_to_end(who)
        while times and now - times[0] > _MINUTE_S:
            times.popleft()
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        if len(times) >= self._most:
            return False
        times.append(now)
        return True
