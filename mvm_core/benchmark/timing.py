"""Timings: medians of repeated runs, taken in turn."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Timing:
    """One line of the record.

    Attributes
    ----------
    name : str
        What was timed.
    ms : float
        Median of the runs, in ms.
    gflop : float or None
        Of it, in 10^9 multiplications and additions; None where that means nothing.
    share_of_peak : float or None
        Of the processors' measured peak that it reached; None without `gflop`.
    """

    name: str
    ms: float
    gflop: float | None = None
    share_of_peak: float | None = None

    def as_line(self) -> str:
        """For people."""
        line = f"{self.name:<44}{self.ms:9.1f} ms"
        if self.gflop is None or self.share_of_peak is None:
            return line
        return f"{line}  {self.gflop:6.2f} GFLOP, {self.share_of_peak:.0%} of the peak"


def in_turn(ways: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median time of each, in ms, after one run unmeasured; they take turns, to meet the same machine."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(runs):
        for name, way in ways.items():
            taken[name].append(milliseconds(way))
    return {name: median(times) for name, times in taken.items()}


def milliseconds(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3
