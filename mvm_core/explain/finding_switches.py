"""Findings of a vertebra, each to be switched alone, all else of the disease as it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from mvm_core.language import gettext_noop
from mvm_core.simulation.other.change import Spine
from mvm_core.simulation.other.moves import narrow
from mvm_core.simulation.pathology import Collapse, Focus, LevelDisease, Pedicle
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.vertebra import Spur

_BULGE_MM, _FRAGMENT_MM, _TILT_DEGREES, _RIM_MM = 3.0, 3.5, 8.0, 5.0
_MASS_MM, _FOCUS_MM, _FOCUS_AMOUNT = 17.0, 10.0, 0.9
_DISC_LEFT = 0.5
_HEIGHT = Collapse("wedge", 0.35, 0.05)
_SPURS = tuple(Spur(float(np.pi / 2 + off), upper, 3.0) for off in (-0.5, 0.5) for upper in (True, False))


@dataclass(frozen=True)
class FindingSwitch:
    """One finding.

    Attributes
    ----------
    title : str
        For people.
    with_it : str
        What the vertebra has where it is switched on.
    off, on : callable
        Give the patient without and with the finding at the vertebra in question.
    needs_collapse : bool
        Whether it is asked of collapsed vertebrae alone.
    """

    title: str
    with_it: str
    off: Callable[[Patient], Patient]
    on: Callable[[Patient], Patient]
    needs_collapse: bool = False


def own_level(patient: Patient) -> LevelDisease:
    """What is wrong with the vertebra in question."""
    return patient.disease.levels[patient.row]


def with_level(patient: Patient, level: LevelDisease) -> Patient:
    """The patient with this alone; further levels are intact."""
    disease = replace(patient.disease, levels=MappingProxyType({patient.row: level}))
    return replace(patient, disease=disease)


def _fields(**values: object) -> Callable[[Patient], Patient]:
    return lambda patient: with_level(patient, replace(own_level(patient), **values))  # type: ignore[arg-type]


def _with_mass(patient: Patient) -> Patient:
    size = patient.vertebrae[patient.row].size
    mass = Focus(0.45 * size.width, -0.1 * size.depth, 0.0, _MASS_MM)
    return _fields(mass=mass)(patient)


def _with_focus(kind: str) -> Callable[[Patient], Patient]:
    def grown(patient: Patient) -> Patient:
        focus = Focus(0.15 * patient.vertebrae[patient.row].size.width, 0.0, 0.0, _FOCUS_MM)
        return _fields(foci=(focus,), kind=kind, amount=_FOCUS_AMOUNT)(patient)

    return grown


def _with_narrow_disc(patient: Patient) -> Patient:
    spine = narrow(Spine(patient.vertebrae, patient.row, {}), patient.row - 1, _DISC_LEFT)
    return with_level(replace(patient, vertebrae=spine.vertebrae), own_level(patient))


_NO_FOCI = _fields(foci=())
_UNCOLLAPSED = _fields(collapse=None, tilt=0.0, cleft=False)

FINDINGS: Mapping[str, FindingSwitch] = {
    "focus-lytic": FindingSwitch(
        gettext_noop("Lytic focus"),
        gettext_noop("20 mm in the body, 90 % of its mineral gone"),
        _NO_FOCI,
        _with_focus("lytic"),
    ),
    "focus-blastic": FindingSwitch(
        gettext_noop("Blastic focus"), gettext_noop("20 mm in the body"), _NO_FOCI, _with_focus("blastic")
    ),
    "pedicle": FindingSwitch(
        gettext_noop("Pedicle destroyed"),
        gettext_noop("the left one, all of it"),
        _fields(pedicle=None),
        _fields(pedicle=Pedicle("complete", left=True)),
    ),
    "mass": FindingSwitch(
        gettext_noop("Paravertebral mass"), gettext_noop("34 mm across"), _fields(mass=None), _with_mass
    ),
    "haematoma": FindingSwitch(
        gettext_noop("Rim of blood"),
        gettext_noop("5 mm thick"),
        _fields(haematoma=0.0),
        _fields(haematoma=_RIM_MM),
    ),
    "wall": FindingSwitch(
        gettext_noop("Convex posterior wall"),
        gettext_noop("3 mm"),
        _fields(bulge=0.0),
        _fields(bulge=_BULGE_MM),
    ),
    "fragment": FindingSwitch(
        gettext_noop("Fragment pushed back"),
        gettext_noop("3.5 mm"),
        _fields(fragment=0.0),
        _fields(fragment=_FRAGMENT_MM),
    ),
    "height": FindingSwitch(
        gettext_noop("Loss of height"),
        gettext_noop("a wedge of 35 %"),
        _UNCOLLAPSED,
        _fields(collapse=_HEIGHT, tilt=0.0, cleft=False),
    ),
    "tilt": FindingSwitch(
        gettext_noop("Tilt of the collapse"),
        gettext_noop("8 degrees"),
        _fields(tilt=0.0),
        _fields(tilt=_TILT_DEGREES),
        needs_collapse=True,
    ),
    "band": FindingSwitch(
        gettext_noop("Dense band"),
        gettext_noop("below the endplate"),
        _fields(band=False),
        _fields(band=True),
    ),
    "cleft": FindingSwitch(
        gettext_noop("Gas in a cleft"),
        gettext_noop("below the upper endplate"),
        _fields(cleft=False),
        _fields(cleft=True),
        needs_collapse=True,
    ),
    "spur": FindingSwitch(
        gettext_noop("Spurs after a fracture"),
        gettext_noop("four of 3 mm in front"),
        _fields(spurs=()),
        _fields(spurs=_SPURS),
    ),
    "disc": FindingSwitch(
        gettext_noop("Disc above narrowed"),
        gettext_noop("to half its height; no sign of either disease"),
        _fields(),
        _with_narrow_disc,
    ),
}
"""By name; what is on is the same in every patient, so that changes are of one size of each finding."""
