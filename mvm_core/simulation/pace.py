"""How fast cohorts are written, and in how much memory."""

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mvm_core.simulation.cohort import CohortRequest, write_cohort

_SEED = 2026


@dataclass(frozen=True)
class Pace:
    """One timed run.

    Attributes
    ----------
    site : str
    workers, patients : int
        Patients that were timed.
    a_minute : float
        Patients a minute once all workers are up.
    peak_mb : float
        Most memory that one process held so far, in MB.
    """

    site: str
    workers: int
    patients: int
    a_minute: float
    peak_mb: float

    def as_text(self) -> str:
        """A line for people."""
        return (
            f"site {self.site}, {self.workers} worker{'s' if self.workers > 1 else ''}: "
            f"{self.a_minute:.1f} over {self.patients} patients, at most {self.peak_mb:.0f} MB a process"
        )


def measure_pace(site: str, workers: int, patients: int) -> Pace:
    """Write a cohort to a temporary folder and time it, from the first round of patients to the last.

    Raises
    ------
    SimulationError
        If there is nothing to time.
    """
    stamps: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        request = CohortRequest(site, patients + workers, None, _SEED)
        write_cohort(Path(folder), request, workers, lambda done, total: stamps.append(time.perf_counter()))
    # Loading the worker is over when each could have written one.
    spent = stamps[-1] - stamps[workers - 1]
    who = resource.RUSAGE_CHILDREN if workers > 1 else resource.RUSAGE_SELF
    return Pace(site, workers, patients, 60 * patients / spent, resource.getrusage(who).ru_maxrss / 1024)
