"""What a cohort gives away without the lesion, and whether its spines are proportioned as published."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mvm_core.cohort import Cohort, read_manifest
from mvm_core.cohort.levels import LEVELS_TABLE, read_levels
from mvm_core.simulation.confounders import WANTED_AUC, ConfounderCheck, check_confounders, read_confounders
from mvm_core.simulation.findings_check import (
    LEAST_EXPECTED,
    WANTED_GEOMETRY_AUC,
    FindingsCheck,
    FindingShare,
    check_findings,
    told_by_table,
)
from mvm_core.simulation.pace import WANTED_A_MINUTE, Pace
from mvm_core.simulation.patient import draw_patient
from mvm_core.simulation.proportions import PARTS, Curve, Proportion, healthy_curves, proportions
from mvm_core.simulation.request import SIMULATOR_VERSION, request_of
from mvm_core.simulation.spacing import Spacing, spacings
from mvm_core.validation import AucEstimate

WANTED_WITHIN = 0.8
"""Share of the healthy spines that has to lie in the published range."""


@dataclass(frozen=True)
class CohortCheck:
    """The figures of one cohort.

    Attributes
    ----------
    cohort, fingerprint : str
        Its folder, and the hash of its manifest; of a simulated cohort that covers the pixels.
    simulated : bool
    confounders : ConfounderCheck
    sizes : tuple of Proportion
        Empty for a cohort that is not simulated, as are the curves.
    curves : tuple of Curve
    spacings : tuple of Spacing
    paces : tuple of Pace
        Empty where no timing was asked for.
    findings : FindingsCheck or None
        None without a table of levels, and for a cohort that is not simulated.
    simulator : int or None
        Version of the simulator that wrote it, if known.
    """

    cohort: str
    fingerprint: str
    simulated: bool
    confounders: ConfounderCheck
    sizes: tuple[Proportion, ...] = ()
    curves: tuple[Curve, ...] = ()
    spacings: tuple[Spacing, ...] = ()
    paces: tuple[Pace, ...] = ()
    findings: FindingsCheck | None = None
    simulator: int | None = None

    def with_paces(self, paces: tuple[Pace, ...]) -> "CohortCheck":
        """The same with timings."""
        return replace(self, paces=paces)

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """What is not as wanted, a sentence each."""
        found = []
        if self.confounders.together.auc > WANTED_AUC:
            found.append(f"confounders tell the label with an AUC above {WANTED_AUC}")
        found += [
            f"{size.part.replace('_', ' ')} of {size.level} lies more than one standard deviation off"
            for size in self.sizes
            if abs(size.deviation) > 1
        ]
        found += [
            f"{curve.name}: fewer than {WANTED_WITHIN:.0%} of the healthy spines in the published range"
            for curve in self.curves
            if curve.within < WANTED_WITHIN * curve.n
        ]
        found += [
            f"distance between {each.measure} of {each.level} lies more than half a standard deviation off"
            for each in self.spacings
            if not each.as_wanted
        ]
        if self.findings is not None:
            found += _findings_shortfalls(self.findings)
        if self.paces and not any(pace.as_wanted for pace in self.paces):
            found.append(f"fewer than {WANTED_A_MINUTE:.0f} patients a minute and worker")
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        told, known = asdict(self), self.findings or FindingsCheck()
        return {
            **told,
            "findings": [asdict(share) for share in known.shares],
            "exclusive_findings": list(known.exclusive),
            "geometry_auc": known.geometry.auc if known.geometry is not None else None,
            "geometry_ci95": known.geometry.ci95 if known.geometry is not None else None,
            "shortfalls": list(self.shortfalls),
        }

    @property
    def _changed(self) -> list[str]:
        """A line where the simulator has changed since."""
        if self.simulator is None or self.simulator == SIMULATOR_VERSION:
            return []
        return [
            f"written by version {self.simulator} of the simulator; this is version {SIMULATOR_VERSION}, "
            "which gives the same patients other diseases"
        ]

    def as_text(self) -> str:
        """A table for each subject, for people."""
        kind = "simulated cases" if self.simulated else "cases"
        check = self.confounders
        lines = [
            f"{self.cohort}: {check.n} {kind}, {check.positives} MVM, fingerprint {self.fingerprint}",
            *self._changed,
            "",
            "AUC of a logistic regression, five-fold cross-validation, ten repeats, DeLong interval",
            "(0.5 or less: what was learnt does not carry over to the cases left out)",
            _auc_line("age, sex, level, mean film density", check.together) + f"  wanted: <= {WANTED_AUC}",
            *(_auc_line(f"  {name} alone", estimate) for name, estimate in check.alone.items()),
        ]
        if self.findings is not None:
            lines += _findings_lines(self.findings)
        if self.sizes:
            lines += ["", "Mean size in mm (and deviation from the published mean, in standard deviations)"]
            lines += _size_lines(self.sizes)
        if self.spacings:
            lines += [
                "",
                "Distances in mm: mean (SD) of this cohort's adults, and of CTs (VID data set, CC BY-SA 4.0)",
            ]
            lines += [_spacing_line(each) for each in self.spacings]
        if self.curves:
            lines += ["", "Curves of the healthy spines, in degrees: median (10th to 90th percentile)"]
            lines += [_curve_line(curve) for curve in self.curves]
        if self.paces:
            lines += ["", "Patients a minute: both views, masks and DICOM written"]
            lines += [pace.as_text() for pace in self.paces]
        lines += ["", *(f"NOT AS WANTED: {sentence}" for sentence in self.shortfalls)]
        return "\n".join(lines if self.shortfalls else [*lines, "All as wanted."])


def check_cohort(path: Path, progress: Callable[[int, int], None] | None = None) -> CohortCheck:
    """Check a cohort; sizes and curves only where it is simulated.

    Raises
    ------
    TableError, FilmError
        If the manifest or a film cannot be read.
    ValidationError
        If there are too few cases of a label to cross-validate.
    """
    cohort = read_manifest(path)
    found = check_confounders(read_confounders(cohort, progress))
    request = request_of(cohort.folder) if cohort.simulated else None
    patients = []
    if request is not None:
        patients = [draw_patient(replace(each, label=None)) for each in request.requests]
    return CohortCheck(
        cohort=str(cohort.folder),
        fingerprint=cohort.fingerprint,
        simulated=cohort.simulated,
        confounders=found,
        sizes=tuple(proportions(patients)) if patients else (),
        curves=tuple(healthy_curves(patients)),
        spacings=tuple(spacings(patients)),
        findings=_check_table(cohort) if cohort.simulated else None,
        simulator=cohort.simulator_version if cohort.simulated else None,
    )


def _check_table(cohort: Cohort) -> FindingsCheck | None:
    """Older simulated cohorts have no table of levels."""
    if not (cohort.folder / LEVELS_TABLE).is_file():
        return None
    return check_findings(told_by_table(cohort, read_levels(cohort.folder)))


def _findings_shortfalls(found: FindingsCheck) -> list[str]:
    sentences = [
        f"{share.name} in {share.group.upper()} ({share.among}): {share.drawn_n} of {share.drawn_total}, "
        f"published {share.published_low:.1%} to {share.published_high:.1%}"
        for share in found.shares
        if not share.within
    ]
    sentences += [f"{name} is found in one group alone" for name in found.exclusive]
    if found.geometry is not None and found.geometry.auc > WANTED_GEOMETRY_AUC:
        sentences.append(f"geometry alone tells the label with an AUC above {WANTED_GEOMETRY_AUC}")
    return sentences


def _findings_lines(found: FindingsCheck) -> list[str]:
    lines = [
        "",
        "Findings of the vertebra in question: cases, their share (95 % limits), published 95 % limits",
        *(_share_line(share) for share in found.shares if share.drawn_total),
        "",
        f"In one group alone, where {LEAST_EXPECTED:g} or more were to be expected in the other: "
        + (", ".join(found.exclusive) or "none"),
    ]
    if found.geometry is not None:
        line = _auc_line("geometry alone (gradient-boosted trees)", found.geometry)
        lines.append(f"{line}  wanted: <= {WANTED_GEOMETRY_AUC}")
    return lines


def _share_line(share: FindingShare) -> str:
    name = f"{share.name}, {share.group.upper()}" + (f", {share.among}" if share.among != "all" else "")
    counts = f"{share.drawn_n}/{share.drawn_total}"
    drawn = f"{share.drawn_n / share.drawn_total:6.1%} ({share.drawn_low:.1%} to {share.drawn_high:.1%})"
    published = (
        f"{share.published_low:.1%} to {share.published_high:.1%}" if share.published_low is not None else "-"
    )
    return f"{name:<46}{counts:>10} {drawn:<28}{published:<18}{share.source}"


def _auc_line(name: str, estimate: AucEstimate) -> str:
    interval = f"{estimate.ci95[0]:.3f} to {estimate.ci95[1]:.3f}" if estimate.ci95 else "no interval"
    return f"{name:<38}{estimate.auc:.3f}  ({interval})"


def _size_lines(sizes: tuple[Proportion, ...]) -> list[str]:
    lines = ["level " + "".join(f"{part.replace('_', ' '):>16}" for part in PARTS)]
    for level in dict.fromkeys(size.level for size in sizes):
        cells = [f"{size.mean:.1f} ({size.deviation:+.2f})" for size in sizes if size.level == level]
        lines.append(f"{level:<6}" + "".join(f"{cell:>16}" for cell in cells))
    return lines


def _spacing_line(each: Spacing) -> str:
    return (
        f"{each.measure:<14}{each.level:<9}{each.mean:6.1f} ({each.sd:.1f})  "
        f"{each.published_mean:6.1f} ({each.published_sd:.1f})  {each.deviation:+.2f} SD"
    )


def _curve_line(curve: Curve) -> str:
    low, high = curve.normal
    return (
        f"{curve.name:<20}{curve.median:5.1f} ({curve.p10:.1f} to {curve.p90:.1f})  "
        f"{curve.within}/{curve.n} within {low:.0f} to {high:.0f}"
    )
