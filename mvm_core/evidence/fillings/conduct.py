"""Aims, comparison, limits and next steps: what the model card says in words."""

import re

from mvm_core.evidence.registry import filled_from
from mvm_core.evidence.release import CARD, SEALED, Release
from mvm_core.models.registry import TITLES
from mvm_core.models.weights import MANIFEST
from mvm_core.spine.weights import MANIFEST as SPINE

_LIMITS = "## Known limits, and what has not been tested"
_RECALIBRATION = "### Calibrated anew on local cases"
_PUBLISHED = "For comparison, on films of patients:"


@filled_from(MANIFEST)
def title(release: Release) -> str:
    """A title for what was done."""
    films = "simulated" if release.simulated else "own"
    return (
        "Development and evaluation of EfficientNet-B0 readings that tell vertebral metastasis (MVM) from "
        f"benign vertebral fracture (BVF) on plain spine radiographs: {films} films."
    )


@filled_from(*SEALED)
def areas_in_title(release: Release) -> str:
    """The measure of accuracy that a title would name."""
    areas = ", ".join(f"{site.areas[site.reading].auc:.3f} (site {site.site})" for site in release.sites)
    return f"Area under the ROC curve {areas}." if areas else ""


@filled_from(*SEALED)
def abstract(release: Release) -> str:
    """The least that an abstract would hold."""
    if release.seal is None:
        return ""
    lines = [f"{release.weights.notice} Sealed test:"]
    for site in release.sites:
        at = site.at_points["high specificity"]
        area = site.areas[site.reading]
        limits = "" if area.ci95 is None else f" ({area.ci95[0]:.3f} to {area.ci95[1]:.3f})"
        lines.append(
            f"site {site.site}, {site.mvm} MVM and {site.bvf} BVF, {TITLES[site.reading]}: area "
            f"{area.auc:.3f}{limits}, sensitivity {at.sensitivity.value:.3f} and specificity "
            f"{at.specificity.value:.3f} at the point of high specificity"
        )
    return "\n".join(lines)


@filled_from(MANIFEST)
def aims(release: Release) -> str:
    """What it was made for."""
    tested = " and evaluated under seal" if release.seal is not None else ""
    return (
        f"Developed{tested}: is a vertebra diseased, and is its disease a metastasis (MVM) or a benign "
        "fracture (BVF), by AP and lateral films. No hypothesis was tested in patients."
    )


@filled_from(CARD)
def published(release: Release) -> str:
    """The published figures beside which the card stands."""
    found = re.search(rf"^{re.escape(_PUBLISHED)}.*$", release.card, re.MULTILINE)
    return found[0] if found else ""


@filled_from(CARD)
def limits(release: Release) -> str:
    """The known limits."""
    return "\n".join(line.removeprefix("- ") for line in _section(release, _LIMITS) if line.startswith("- "))


@filled_from(CARD)
def next_steps(release: Release) -> str:
    """What has not been tested."""
    own = [line.removeprefix("- ") for line in _section(release, _LIMITS) if line.startswith("- Not tested")]
    return "\n".join((*own, "The list of what a clinical validation lacks is in this pack.")) if own else ""


@filled_from(CARD)
def recalibration(release: Release) -> str:
    """Brier scores before and after fitting on local cases, of the largest number at each site."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in _section(release, _RECALIBRATION)
        if re.match(r"\| \w+ \| \d+ \|", line)
    ]
    # Site, local cases, judged, Brier score: of the table in the card.
    last = {row[0]: row for row in rows if int(row[1]) > 0}
    return "\n".join(
        f"Site {site}, calibrated anew on {row[1]} local cases: Brier score {row[3]}"
        for site, row in last.items()
    )


def _section(release: Release, heading: str) -> list[str]:
    """The lines below a heading of the card, up to the next one."""
    after = release.card.split(f"{heading}\n", 1)
    return (
        re.split(r"^##+ ", after[1], maxsplit=1, flags=re.MULTILINE)[0].splitlines() if len(after) > 1 else []
    )


@filled_from(SPINE)
def level_in_question(release: Release) -> str:
    """Who says which level is read, and how reliable the finder's naming is."""
    record = release.record(SPINE)
    told = (
        "Vertebrae are found and named by the program, and the level most likely diseased is asked about; a "
        "person may point at another, whose word wins."
    )
    if "level_reliability" in record:
        of = f" ({record['level_reliability_of']})" if "level_reliability_of" in record else ""
        told += f" Reliability of a level's name {record['level_reliability']:g}{of}."
    return told


@filled_from(MANIFEST)
def poor_input(release: Release) -> str:
    """What the release holds against films that it cannot read."""
    rule = _rule(release)
    return (
        "One film alone gives the readings that need no other; an unknown scale, an unfit file and poor "
        f"quality are said or refused with a reason. {rule}"
    )


@filled_from(MANIFEST)
def unlike(release: Release) -> str:
    """Films unlike those learnt from."""
    return _rule(release)


def _rule(release: Release) -> str:
    if release.weights.distance is None:
        return "The release holds no rule that tells films unlike those learnt from (`fit-distance`)."
    return f"Films unlike those learnt from are told by the rule {release.weights.distance.name}."
