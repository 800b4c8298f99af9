"""How fast cohorts are written, and in how much memory."""

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mvm_core.simulation.cohort import write_cohort
from mvm_core.simulation.formats import FORMATS
from mvm_core.simulation.request import CohortRequest

_SEED = 2026
WANTED_A_MINUTE = 30.0
"""Patients a minute and worker; of whole spines half as many."""


@dataclass(frozen=True)
class Pace:
    """One timed run.

    Attributes
    ----------
    site, film_format : str
    workers, patients : int
        Patients that were timed.
    a_minute : float
        Patients a minute once all workers are up.
    cpu_s : float
        Processor time a patient, in seconds, loading of the workers included.
    peak_mb : float
        Most memory that one process held so far, in MB.
    """

    site: str
    workers: int
    patients: int
    a_minute: float
    cpu_s: float
    peak_mb: float
    film_format: str = "standard"

    @property
    def as_wanted(self) -> bool:
        """Whether a worker that has a processor for itself is fast enough."""
        return 60 / self.cpu_s >= WANTED_A_MINUTE * (0.5 if FORMATS[self.film_format].upper else 1.0)

    def as_text(self) -> str:
        """A line for people."""
        return (
            f"site {self.site}, {self.film_format}, {self.workers} worker{'s' if self.workers > 1 else ''}: "
            f"{self.a_minute:.1f} over {self.patients} patients; {self.cpu_s:.2f} s of processor time each, "
            f"which is {60 / self.cpu_s:.0f} a minute and worker; at most {self.peak_mb:.0f} MB a process"
        )


def measure_pace(
    site: str, workers: int, patients: int, anatomy: str | None = None, film_format: str = "standard"
) -> Pace:
    """Write a cohort to a temporary folder and time it, from the first round of patients to the last.

    Raises
    ------
    SimulationError
        If there is nothing to time.
    """
    stamps: list[float] = []
    who = resource.RUSAGE_CHILDREN if workers > 1 else resource.RUSAGE_SELF
    before = _processor_s(who)
    with tempfile.TemporaryDirectory() as folder:
        request = CohortRequest(site, patients + workers, None, _SEED, format=film_format, anatomy=anatomy)
        write_cohort(Path(folder), request, workers, lambda done, total: stamps.append(time.perf_counter()))
    # Loading the worker is over when each could have written one.
    spent = stamps[-1] - stamps[workers - 1]
    return Pace(
        site=site,
        workers=workers,
        patients=patients,
        a_minute=60 * patients / spent,
        cpu_s=(_processor_s(who) - before) / (patients + workers),
        peak_mb=resource.getrusage(who).ru_maxrss / 1024,
        film_format=film_format,
    )


def _processor_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
