"""Work for which nobody waits stands back for those who ask, and never for long."""

from hypothesis import given
from hypothesis import strategies as st

from pages.access.visits import MOST_S, QUIET_S, Visits


class Clock:
    """A clock that goes on by sleeping; somebody asks at certain times."""

    def __init__(self, asked: list[float]) -> None:
        self.time, self.asked = 0.0, sorted(asked)
        self.visits = Visits(lambda: self.time, self.sleep)

    def sleep(self, seconds: float) -> None:
        until = self.time + seconds
        while self.asked and self.asked[0] <= until:
            self.time = self.asked.pop(0)
            self.visits.note()
        self.time = until


def test_waits_until_nobody_has_asked_for_a_while() -> None:
    clock = Clock([0.2, 0.4])
    clock.visits.wait_for_quiet()
    assert clock.time == 0.4 + QUIET_S
    clock.visits.wait_for_quiet()
    assert clock.time == 0.4 + QUIET_S


@given(st.lists(st.floats(0, 10), max_size=60))
def test_never_waits_longer_than_allowed(asked: list[float]) -> None:
    clock = Clock(asked)
    clock.visits.wait_for_quiet()
    assert clock.time <= MOST_S + 1e-9
