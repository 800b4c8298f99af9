"""Which cohort to simulate, as asked for and as a written cohort keeps it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mvm_core.errors import SimulationError
from mvm_core.simulation.formats import FORMATS, MIXED, MIXED_SHARES
from mvm_core.simulation.settings import PatientRequest
from mvm_core.simulation.sites import SITES

SETTINGS = "settings.json"
SIMULATOR_VERSION = 7
"""Raised where the same request gives other pixels.

4 draws findings as often as published, vertebrae as far apart as in CTs, arches after real ones, and the
group ``other``. 5 brings processes and facets closer to real ones, draws Schmorl's nodes in that group alone,
and sees signs against neighbours that are laid onto the vertebra. 7 draws the sacrum as fused bodies.
"""

_LABEL_STREAM = 91
_FORMAT_STREAM = 92


@dataclass(frozen=True)
class CohortRequest:
    """Which cohort to simulate.

    Attributes
    ----------
    site : str
    patients : int
    mvm : int or None
        How many of them have a metastasis; None for the site's prevalence among the diseased.
    seed : int
    healthy : int
        How many of the patients have neither fracture nor metastasis.
    format : str
        One of `FORMATS`, or ``mixed``: one drawn for each patient.
    other : int
        How many of them have something else at the vertebra in question, which is neither.
    anatomy : str or None
        As in `PatientRequest`.

    Raises
    ------
    SimulationError
        If the site is unknown or the numbers do not make a cohort.
    """

    site: str
    patients: int
    mvm: int | None
    seed: int
    healthy: int = 0
    format: str = "standard"
    other: int = 0
    anatomy: str | None = None

    def __post_init__(self) -> None:
        PatientRequest(seed=self.seed, site=self.site, anatomy=self.anatomy)
        if self.format != MIXED and self.format not in FORMATS:
            raise SimulationError(
                f"format '{self.format}'", "it is unknown", f"choose one of {', '.join((*FORMATS, MIXED))}"
            )
        if self.patients < 1:
            raise SimulationError("patients", "there would be none", "ask for one or more")
        if min(self.healthy, self.other) < 0 or self.diseased < 0:
            raise SimulationError(
                "healthy and other",
                f"{self.healthy} and {self.other} of {self.patients} patients is not possible",
                "ask for 0 or more that together are no more than all of them",
            )
        if not 0 <= self.metastases <= self.diseased:
            raise SimulationError(
                "mvm",
                f"{self.mvm} of {self.diseased} diseased patients is not possible",
                "ask for 0 up to all of them",
            )

    @property
    def diseased(self) -> int:
        """How many patients have a fracture or a metastasis."""
        return self.patients - self.healthy - self.other

    @property
    def metastases(self) -> int:
        """How many patients have a metastasis."""
        return round(SITES[self.site].prevalence * self.diseased) if self.mvm is None else self.mvm

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each patient, in an order drawn from the seed."""
        counts = (self.metastases, self.diseased - self.metastases, self.healthy, self.other)
        labels = np.repeat(("mvm", "bvf", "intact", "other"), counts)
        return tuple(np.random.default_rng([self.seed, _LABEL_STREAM]).permutation(labels).tolist())

    @property
    def formats(self) -> tuple[str, ...]:
        """The format of each patient."""
        if self.format != MIXED:
            return (self.format,) * self.patients
        draw = np.random.default_rng([self.seed, _FORMAT_STREAM])
        names, shares = zip(*MIXED_SHARES.items(), strict=True)
        return tuple(draw.choice(names, self.patients, p=shares).tolist())

    @property
    def requests(self) -> tuple[PatientRequest, ...]:
        """The patients."""
        return tuple(
            PatientRequest(self.seed, index, label, site=self.site, format=name, anatomy=self.anatomy)  # type: ignore[arg-type]
            for index, (label, name) in enumerate(zip(self.labels, self.formats, strict=True))
        )


def request_of(folder: Path) -> CohortRequest | None:
    """The request that a simulated cohort was written for, None for a cohort of other origin."""
    settings = folder / SETTINGS
    if not settings.is_file():
        return None
    try:
        found = json.loads(settings.read_text())
        asked = {name: found[name] for name in ("site", "patients", "mvm", "seed")}
        asked |= {name: found[name] for name in ("healthy", "format", "other", "anatomy") if name in found}
        return CohortRequest(**asked)
    except (OSError, ValueError, LookupError, TypeError):
        raise SimulationError(
            str(settings), "it is damaged", "restore it, or delete it to treat the films as any others"
        ) from None
