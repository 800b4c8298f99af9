"""The part of a model card that tells of the sealed test, in the order in which a sceptic asks."""

from collections.abc import Mapping, Sequence

from mvm_core.models.registry import READING_NAMES, TITLES
from mvm_core.review.references import ABSTRACT, AREAS, abstract_external
from mvm_core.sealed import Seal
from mvm_core.study.curves import local_text
from mvm_core.study.local_cases import LocalFigures
from mvm_core.study.sealed_figures import POINTS, SiteFigures
from mvm_core.study.sealed_finding import finding_on_sealed
from mvm_core.study.tables import markdown
from mvm_core.validation import AucEstimate
from mvm_core.validation.rates import rate_text

_INSIDE = "a"
_SIGNS = {"sign": "with a sign", "no-sign": "without a sign"}
_ASKED_SHOWN = ("MVM with a sign", "all with MVM or BVF")
"""Of the groups of patients, those that are shown beside the levels."""
_ALARMS = (0.05, 0.1, 0.3, 1.0)


def sealed_section(
    seal: Seal, figures: Sequence[SiteFigures], local: Mapping[str, Sequence[LocalFigures]]
) -> list[str]:
    """The section, in parts.

    Parameters
    ----------
    seal : Seal
    figures : sequence of SiteFigures
    local : mapping of str to sequence of LocalFigures
        By site.
    """
    return [
        f"## The sealed test\n\n{_what(seal)}",
        *outside_first(figures),
        "### At the fixed thresholds\n\n"
        f"{TITLES[figures[0].reading]} at the marked level. Thresholds were fitted on the tune split; beside "
        "them what is right of one who looks at no film.",
        _at_points(figures),
        _published(),
        "### Calibration\n\n" + _calibration(figures),
        "### Calibrated anew on local cases\n\n" + local_text(local),
        *finding_on_sealed(seal),
        "### Every level, no box drawn\n\n" + _levels(figures),
        "### The level asked about, no box drawn\n\n" + _question(figures),
        "### By finding, diseased levels that are flagged\n\n" + _findings(figures),
        "### By kind, at the patient's own level\n\nFlagged, and what is then said. The readings were asked "
        "for MVM or BVF alone: of other kinds whatever is said is wrong.\n\n" + _kinds(figures),
        "### Areas under the ROC curve, MVM against BVF\n\n" + _areas(figures),
    ]


def sealed_as_text(figures: Sequence[SiteFigures]) -> str:
    """The figures that count most, as lines for people."""
    reading = f"{TITLES[figures[0].reading]}, at the marked level:"
    return "\n\n".join(
        [*outside_first(figures), reading, _at_points(figures), "No box drawn:", _levels(figures)]
    )


def _what(seal: Seal) -> str:
    sites = [
        f"site {site}: {own['mvm']} MVM, {own['bvf']} BVF, {own['healthy']} healthy, {own['other']} with "
        f"something else (seed {own['seed']}, fingerprint `{str(own['fingerprint'])[:12]}`)"
        for site, own in seal.cohorts.items()
    ]
    times = "once" if seal.opened == 1 else f"{seal.opened} times"
    before = len({each.weights for each in seal.openings} - {seal.weights})
    earlier = f" The record names {before} earlier weights that were sealed too." if before else ""
    trial = "" if seal.share == 1 else f" **A trial on {seal.share:.0%} of the full numbers.**"
    source = "these weights' manifest" + (" and their finder's" if seal.finder else "")
    known = (
        " The finder has changed since the first opening, and these films were known when it was chosen: "
        "what is told of vertebrae found and measured, and of films with no box drawn, is not blind."
        if seal.known_to_finder
        else ""
    )
    return (
        f"Simulated patients whose seeds follow from the SHA-256 of {source}, so that nobody could have "
        f"known a film of them. Opened {times} for these weights, last on {seal.openings[-1].date[:10]}; "
        f"simulator version {seal.simulator_version}.{known}{earlier}{trial} "
        f"**All of it is simulated; it says nothing of patients.**\n\n- " + "\n- ".join(sites)
    )


def outside_first(figures: Sequence[SiteFigures]) -> list[str]:
    """What is worse outside, as a sentence; empty where nothing is, or there is no other site."""
    inside = next((each for each in figures if each.site == _INSIDE), None)
    if inside is None:
        return []
    worse = []
    for each in figures:
        if each is inside:
            continue
        for point in POINTS:
            for name in ("sensitivity", "specificity"):
                here, there = (getattr(own.at_points[point], name) for own in (inside, each))
                if here.value is not None and there.value is not None and there.value < here.value:
                    worse.append(
                        f"{name} at {point} {there.value:.2f} at site {each.site} against {here.value:.2f}"
                    )
        area, own_area = inside.areas[inside.reading], each.areas.get(inside.reading)
        if own_area is not None and own_area.auc < area.auc:
            worse.append(f"area {own_area.auc:.3f} at site {each.site} against {area.auc:.3f}")
    return [f"**Worse outside than at site {_INSIDE}:** {'; '.join(worse)}."] if worse else []


def _at_points(figures: Sequence[SiteFigures]) -> str:
    rows = []
    for each in figures:
        for name, at in each.at_points.items():
            rates = (at.sensitivity, at.specificity, at.accuracy)
            rows.append([each.site, f"{name} ({at.threshold:.3f})", *(rate_text(rate) for rate in rates)])
        for name, accuracy in each.naive.items():
            rows.append([each.site, name, *(("1", "0") if "MVM" in name else ("0", "1")), f"{accuracy:.3f}"])
        for sign, rate in each.by_sign.items():
            rows.append([each.site, f"{POINTS[1]}, MVM {_SIGNS[sign]}", rate_text(rate), "", ""])
    return markdown(["Site", "Answer", "Sensitivity", "Specificity", "Accuracy"], rows)


def _published() -> str:
    specificity = abstract_external()["specificity"]
    areas = "; ".join(f"{each.name} {each.auc:.3f}" for each in AREAS)
    return (
        f"For comparison, on films of patients: {ABSTRACT}, external: accuracy 0.67, sensitivity 0.76, from "
        f"which a specificity of {specificity.low:.2f} to {specificity.high:.2f} follows. Areas: {areas}. "
        "They are of other material; simulated films can be easier or harder."
    )


def _calibration(figures: Sequence[SiteFigures]) -> str:
    rows = [
        [
            each.site,
            _with_interval(each.calibration.slope, each.calibration.slope_ci95),
            _with_interval(each.calibration.intercept, each.calibration.intercept_ci95),
            f"{each.calibration.ici:.3f}",
            f"{each.calibration.brier:.3f}",
            f"{each.mvm}/{each.mvm + each.bvf}",
        ]
        for each in figures
    ]
    return markdown(["Site", "Slope (1)", "Intercept (0)", "ICI", "Brier", "MVM"], rows)


def _levels(figures: Sequence[SiteFigures]) -> str:
    rows: dict[str, list[str]] = {}
    for each in figures:
        own, healthy = each.levels, f"{each.healthy_alarms:.2f} a film, {each.healthy} patients"
        healthy += f"; on their intact levels {each.intact_alarms:.2f}"
        curve = ", ".join(f"{own.curve.sensitivity_at(alarms):.2f} at {alarms:g}" for alarms in _ALARMS)
        found = {
            **{f"Flagged: {name}": rate_text(rate) for name, rate in each.by_label.items()},
            "Flagged: all levels with MVM or BVF": rate_text(own.sensitivity["all"]),
            "Flagged: levels with something else": rate_text(own.other_flagged),
            "Flagged: intact levels": rate_text(own.intact_flagged),
            "False alarms a pair of films": f"{own.alarms_a_pair:.2f}",
            "Levels flagged in healthy patients": healthy,
            "Sensitivity at so many false alarms a pair": curve,
        }
        for group in _ASKED_SHOWN:
            asked = each.question[group]
            found |= {
                f"Level asked about is the case's own: {group}": rate_text(asked.own),
                f"Level asked about is diseased: {group}": rate_text(asked.diseased),
                f"The same, of those with one diseased level: {group}": rate_text(asked.single),
            }
        for name, text in found.items():
            rows.setdefault(name, []).append(text)
    return (
        markdown(
            ["Figure", *(f"Site {each.site}" for each in figures)],
            [[name, *texts] for name, texts in rows.items()],
        )
        + "\n\nIntervals take a patient's levels together. Further levels: other metastases and other "
        "fractures, new or old, of the same patient. A level that was not found counts as missed; where no "
        "level is asked about, it is neither the case's own nor diseased."
    )


def _question(figures: Sequence[SiteFigures]) -> str:
    rows = [
        [
            each.site,
            group,
            *(rate_text(rate) for rate in (asked.own, asked.diseased, asked.single, asked.nothing)),
        ]
        for each in figures
        for group, asked in each.question.items()
    ]
    return (
        "By group of patients whose own level the films show: the level asked about is the case's own; it is "
        "diseased, be it another one than the case's; the same of those with one diseased level alone, where "
        "both are one; and no level is asked about.\n\n"
        + markdown(["Site", "Patients", "Own", "Diseased", "One diseased level alone", "None asked"], rows)
    )


def _findings(figures: Sequence[SiteFigures]) -> str:
    names = sorted({name for each in figures for name in each.findings})
    rows = [
        [name, *(rate_text(each.findings[name]) if name in each.findings else "" for each in figures)]
        for name in names
    ]
    return markdown(["Finding", *(f"Site {each.site}" for each in figures)], rows)


def _kinds(figures: Sequence[SiteFigures]) -> str:
    names = sorted({name for each in figures for name in each.kinds})
    rows = []
    for name in names:
        cells = []
        for each in figures:
            own = each.kinds.get(name)
            said = "" if own is None else ", ".join(f"{count} {zone}" for zone, count in own.said.items())
            cells.append("" if own is None else f"{rate_text(own.flagged)}{': ' if said else ''}{said}")
        rows.append([name, *cells])
    return markdown(["Kind", *(f"Site {each.site}" for each in figures)], rows)


def _areas(figures: Sequence[SiteFigures]) -> str:
    names = [name for name in READING_NAMES if any(name in each.areas for each in figures)]
    rows = [
        [TITLES[name], *(area_text(each.areas[name]) if name in each.areas else "" for each in figures)]
        for name in names
    ]
    # Of a level found on one film alone there is no reading of both.
    further: dict[str, list[AucEstimate | None]] = {
        "no box drawn, where both films show the level found": [each.unmarked for each in figures],
        "the same, patients asked about at their own level": [
            each.boxes and each.boxes[0] for each in figures
        ],
        "these patients at their marked boxes": [each.boxes and each.boxes[1] for each in figures],
    }
    for title, areas in further.items():
        cells = ["" if area is None else f"{area_text(area)}, {area.n} cases" for area in areas]
        rows.append([f"{TITLES[figures[0].reading]}, {title}", *cells])
    return markdown(["Reading", *(f"Site {each.site}" for each in figures)], rows)


def area_text(estimate: AucEstimate) -> str:
    """An area with its interval."""
    return _with_interval(estimate.auc, estimate.ci95)


def _with_interval(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "not computable"
    return f"{value:.3f}" + ("" if interval is None else f" ({interval[0]:.3f} to {interval[1]:.3f})")
