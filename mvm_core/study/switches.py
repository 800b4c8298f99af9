"""What must not tell the groups apart, each to be switched alone in a simulated patient."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from mvm_core.radiograph import View
from mvm_core.simulation.patient import Patient
from mvm_core.simulation.settings import SITES
from mvm_core.simulation.sites import CLINICS
from mvm_core.simulation.technique import Frame, Marker, draw_technique
from mvm_core.simulation.variants import NEAR
from mvm_core.simulation.vertebra import Spur

_MARKER_MM = 15.0
_MARKER_AT_MM = (-32.0, -34.0)
_COLLIMATED_MM = 38.0
_SPUR_MM = 5.0
_SPUR_DIRECTIONS = (0.2, np.pi / 2, np.pi - 0.2)
_REFILMED = 21


@dataclass(frozen=True)
class Switch:
    """One feature of the film or the body that is none of the disease's.

    Attributes
    ----------
    title : str
        What is compared, for people.
    off, on : callable
        Give the patient without and with it.
    """

    title: str
    off: Callable[[Patient], Patient]
    on: Callable[[Patient], Patient]


def _with_frames(patient: Patient, change: Callable[[Patient, View], Frame]) -> Patient:
    ap, lateral = change(patient, View.AP), change(patient, View.LATERAL)
    return replace(patient, technique=replace(patient.technique, ap=ap, lateral=lateral))


def _without_marker(patient: Patient) -> Patient:
    return _with_frames(patient, lambda each, view: replace(each.technique.frame(view), marker=None))


def _with_marker(patient: Patient) -> Patient:
    """A lead letter at the upper left of the square that the networks see."""

    def marked(each: Patient, view: View) -> Frame:
        frame, geometry = each.technique.frame(view), each.geometry(view)
        top, _, left, _ = frame.margins_mm
        # A stamp is 2.4 times as large as its letter.
        across, down = (
            centre * geometry.mm_per_pixel + off - margin - 1.2 * _MARKER_MM
            for centre, off, margin in zip(geometry.centre, _MARKER_AT_MM, (left, top), strict=True)
        )
        marker = Marker("R", "", "top", (across, down), _MARKER_MM, 0.0, mirrored=False)
        return replace(frame, marker=marker)

    return _with_frames(patient, marked)


def _open(patient: Patient) -> Patient:
    return _with_frames(
        patient,
        lambda each, view: replace(each.technique.frame(view), margins_mm=(0.0,) * 4, marker=None),
    )


def _collimated(patient: Patient) -> Patient:
    """Coned down to just inside the square that the networks see."""

    def coned(each: Patient, view: View) -> Frame:
        geometry = each.geometry(view)
        across, down = (centre * geometry.mm_per_pixel for centre in geometry.centre)
        height, width = (side * geometry.mm_per_pixel for side in geometry.shape)
        margins = (down, height - down, across, width - across)
        kept = tuple(max(0.0, margin - _COLLIMATED_MM) for margin in margins)
        # A marker would move in with the edges.
        return replace(each.technique.frame(view), margins_mm=kept, degrees=0.0, marker=None)

    return _with_frames(patient, coned)


def _technique(**values: object) -> Callable[[Patient], Patient]:
    return lambda patient: replace(
        patient,
        technique=replace(patient.technique, **values),  # type: ignore[arg-type]
    )


def _processing(end: int) -> Callable[[Patient], Patient]:
    """All gains of the site's processing, and its gamma, at one end of their ranges."""

    def at_end(patient: Patient) -> Patient:
        ranges = patient.site.processing
        values = {name: getattr(ranges, name)[end] for name in ("medium", "fine", "gamma")}
        return replace(patient, technique=replace(patient.technique, **values))

    return at_end


def _spurs(spurs: tuple[Spur, ...]) -> Callable[[Patient], Patient]:
    """Spurs of age on the vertebra in question and its neighbours."""

    def grown(patient: Patient) -> Patient:
        vertebrae = tuple(
            replace(vertebra, spurs=spurs) if abs(row - patient.row) <= NEAR else vertebra
            for row, vertebra in enumerate(patient.vertebrae)
        )
        return replace(patient, vertebrae=vertebrae)

    return grown


def _at_site(name: str) -> Callable[[Patient], Patient]:
    """The same body at a site, with a technique that the site draws."""

    def filmed(patient: Patient) -> Patient:
        technique = draw_technique(SITES[name], patient.stream(_REFILMED))
        return replace(patient, site=SITES[name], technique=technique)

    return filmed


_ALL_ROUND = tuple(Spur(float(at), upper, _SPUR_MM) for at in _SPUR_DIRECTIONS for upper in (True, False))

SWITCHES: Mapping[str, Switch] = {
    "marker": Switch("side marker within the square: none, one", _without_marker, _with_marker),
    "collimation": Switch("collimated edges within the square: none, all four", _open, _collimated),
    "noise": Switch(
        "noise: three times the usual dose, a third of it", _technique(dose=3.0), _technique(dose=0.33)
    ),
    "blur": Switch(
        "blur by focal spot and motion: 0.12 mm, 0.3 mm",
        _technique(motion_mm=(0.12, 0.12)),
        _technique(motion_mm=(0.3, 0.3)),
    ),
    "voltage": Switch(
        "tube voltage: 5 kV less, 5 kV more", _technique(kvp_shift=-5.0), _technique(kvp_shift=5.0)
    ),
    "scatter": Switch("scatter behind the grid: little, much", _technique(grid=0.8), _technique(grid=1.3)),
    "processing": Switch("processing: soft, hard", _processing(0), _processing(-1)),
    "spurs": Switch("spurs of age, here and near: none, six each", _spurs(()), _spurs(_ALL_ROUND)),
    "mineral": Switch(
        "loss of mineral with age: 0.2, 0.7",
        lambda patient: replace(patient, osteopenia=0.2),
        lambda patient: replace(patient, osteopenia=0.7),
    ),
    "site": Switch(f"site: {CLINICS[0]}, {CLINICS[1]}", *(_at_site(name) for name in CLINICS)),
}
"""What is switched, by name; the second state in each title is the one whose films count as positive."""
