"""What a simulated patient can be asked to be."""

import re
from dataclasses import dataclass
from typing import Literal

from mvm_core.errors import SimulationError
from mvm_core.language import gettext_noop
from mvm_core.simulation.formats import FORMATS, LEVELS
from mvm_core.simulation.other import KINDS, OTHER, levels_of
from mvm_core.simulation.sites import SITES, SURFACE_SITES, Site

__all__ = [
    "FORMATS",
    "KINDS_BY_LABEL",
    "LABELS",
    "LEVELS",
    "SEVERITIES",
    "SITES",
    "PatientRequest",
    "Site",
    "request_of_case",
]

OCCULT = gettext_noop("occult")
"""A fracture without any loss of height."""

KINDS_BY_LABEL: dict[str, tuple[str, ...]] = {
    "mvm": (gettext_noop("lytic"), gettext_noop("blastic"), gettext_noop("mixed")),
    "bvf": (
        gettext_noop("wedge"),
        gettext_noop("biconcave"),
        gettext_noop("crush"),
        gettext_noop("posterior"),
        OCCULT,
    ),
    OTHER: tuple(KINDS),
}
LABELS = (*KINDS_BY_LABEL, "intact")
SEVERITIES = (1, 2, 3)


@dataclass(frozen=True)
class PatientRequest:
    """Which patient to simulate; what is None is drawn from the seed.

    Attributes
    ----------
    seed, index : int
        The same two give the same patient, whatever else is simulated.
    label : {'mvm', 'bvf', 'intact', 'other'} or None
        ``intact`` and ``other`` are drawn for nobody: they have to be asked for.
    kind : str or None
        One of `KINDS_BY_LABEL`.
    level : str or None
        One of the format's, `LEVELS` for the standard one.
    severity : {0, 1, 2, 3} or None
        Genant grade of a fracture; occult, small, middling or large lesion of a metastasis. The group
        ``other`` has none.
    site : str
        One of `SITES`.
    format : str
        One of `FORMATS`. The standard one gives the same pixels as ever; the others draw more kinds of
        people: children, idiopathic curves, thin and obese, lying and sitting, turned and leaning.

    anatomy : str or None
        Folder of surfaces from which a site of `SURFACE_SITES` builds its bones; None for the others.

    Raises
    ------
    SimulationError
        If a value is unknown, an anatomy folder is missing or not wanted, or the kind is not one of the
        label's.
    """

    seed: int
    index: int = 0
    label: Literal["mvm", "bvf", "intact", "other"] | None = None
    kind: str | None = None
    level: str | None = None
    severity: int | None = None
    site: str = "a"
    format: str = "standard"
    anatomy: str | None = None

    def __post_init__(self) -> None:
        _known("label", self.label, LABELS)
        _known("format", self.format, tuple(FORMATS))
        levels = FORMATS[self.format].levels
        asks_for_other = self.label == OTHER or self.kind in KINDS
        _known("level", self.level, (*levels, "S1") if asks_for_other and "L5" in levels else levels)
        _known("severity", self.severity, (0, *SEVERITIES))
        _known("site", self.site, tuple(SITES))
        check_anatomy(self.site, self.anatomy)
        if self.seed < 0 or self.index < 0:
            raise SimulationError("seed", "it is negative", "give a whole number from 0 up")
        if self.label == "intact" and (self.kind is not None or self.severity is not None):
            raise SimulationError(
                "label 'intact'", "it has neither kind nor severity", "leave out kind and severity"
            )
        if self.label == OTHER and self.severity is not None:
            raise SimulationError("label 'other'", "it has no severity", "leave out the severity")
        if self.kind == OCCULT and self.severity:
            raise SimulationError("kind 'occult'", "it has no severity but 0", "leave out kind or severity")
        labels = (self.label,) if self.label and self.label != "intact" else tuple(KINDS_BY_LABEL)
        _known("kind", self.kind, tuple(kind for label in labels for kind in KINDS_BY_LABEL[label]))

        if self.wanted_label == OTHER:
            self._check_place()

    def _check_place(self) -> None:
        levels = FORMATS[self.format].levels
        places = {kind: levels_of(kind, levels) for kind in KINDS if self.kind in (None, kind)}
        if not any(self.level in found if self.level else found for found in places.values()):
            where = ", ".join(next(iter(places.values()))) or "another format"
            raise SimulationError(
                f"kind '{self.kind}'" if self.kind else f"level '{self.level}'",
                f"it is not found at {self.level or 'any level of this format'}",
                f"choose {where}" if self.kind else "choose another level",
            )

    @property
    def case_id(self) -> str:
        """Site, format, seed and index; it does not tell the disease."""
        return f"{self.site}{FORMATS[self.format].code}{self.seed:06d}-{self.index:05d}"

    @property
    def wanted_label(self) -> str | None:
        """The label, or the one that the kind implies."""
        if self.label is None and self.kind is not None:
            return next(label for label, kinds in KINDS_BY_LABEL.items() if self.kind in kinds)
        return self.label


def request_of_case(case_id: str, label: str, anatomy: str | None = None) -> PatientRequest | None:
    """The request that gives a simulated case of a cohort again; None for other cases.

    Cases of `SURFACE_SITES` need the folder of their anatomy; without it they are cases like any other.
    """
    found = re.fullmatch(r"(?P<site>[a-z])(?P<code>[a-z]?)(?P<seed>\d{6,})-(?P<index>\d{5,})", case_id)
    if found is None or found["site"] not in SITES:
        return None
    surfaces = found["site"] in SURFACE_SITES
    if surfaces and anatomy is None:
        return None
    names = [each.name for each in FORMATS.values() if each.code == found["code"]]
    if not names:
        return None
    seed, index = int(found["seed"]), int(found["index"])
    if label not in LABELS:
        return None
    own = anatomy if surfaces else None
    return PatientRequest(seed, index, label, site=found["site"], format=names[0], anatomy=own)  # type: ignore[arg-type]


def check_anatomy(site: str, anatomy: str | None) -> None:
    """Check that a folder of surfaces is named where a site needs one.

    Raises
    ------
    SimulationError
        If it is not, or is where none is used.
    """
    if site in SURFACE_SITES and anatomy is None:
        raise SimulationError(
            f"site {site}",
            "its bones are built from surfaces, which are not part of this program",
            "name the folder that holds them: --anatomy FOLDER",
        )
    if site not in SURFACE_SITES and anatomy is not None:
        raise SimulationError(
            f"anatomy {anatomy}",
            f"site {site} has bones of its own",
            f"leave it out, or choose site {' or '.join(SURFACE_SITES)}",
        )


def _known(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value is not None and value not in allowed:
        raise SimulationError(
            f"{name} '{value}'", "it is unknown", f"choose one of {', '.join(map(str, allowed))}"
        )
