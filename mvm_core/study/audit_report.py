"""An audit for people and for programs: tables, the rule, and what follows."""

from dataclasses import asdict
from typing import Any

from mvm_core.models.registry import TITLES
from mvm_core.study.audit import GROUPS, LEVEL, Audit
from mvm_core.study.pairs import LEAST_PAIRS, LIMIT
from mvm_core.study.switches import SWITCHES

RULE = (
    f"A shortcut is told where an area's whole interval lies above {LIMIT:.2f} or below {1 - LIMIT:.2f}. "
    f"Intervals hold together at {LEVEL:.0%} (Bonferroni). Where one reaches from within these limits to "
    "beyond them, the question is open: read more patients."
)


def audit_as_dict(audit: Audit) -> dict[str, Any]:
    """Plain types, ready for JSON."""
    return {
        "n": audit.n,
        "positives": audit.positives,
        "limit": LIMIT,
        "rule": RULE,
        "shortcuts": list(audit.shortcuts),
        "open": list(audit.open),
        "as_simulated": {name: asdict(area) for name, area in audit.areas.items()},
        "same_bodies": {name: asdict(area) for name, area in audit.same_bodies.items()},
        "comparisons": [
            {
                "name": each.name,
                "compared": title_of(each.name),
                "reading": each.reading,
                **asdict(each.found),
                "verdict": each.found.verdict,
            }
            for each in audit.comparisons
        ],
    }


def title_of(name: str) -> str:
    """What a comparison compares, for people."""
    if name == GROUPS:
        return "intact bodies of BVF and of MVM cases, matched for age, sex, level and exposure"
    return SWITCHES[name].title


def conclusion(audit: Audit) -> str:
    """What follows from an audit, in a sentence or two."""
    said = [f"Shortcut: {title_of(name)}." for name in audit.shortcuts]
    pairs = [each.found.n for each in audit.comparisons]
    if max(pairs, default=0) < LEAST_PAIRS:
        return f"Nothing can be said from fewer than {LEAST_PAIRS} pairs: audit more patients."
    said = said or ["No shortcut was found."]
    if audit.open:
        said.append(f"Open: {', '.join(audit.open)}.")
    if min(pairs) < LEAST_PAIRS:
        said.append(f"Nothing is said from fewer than {LEAST_PAIRS} pairs; the fewest here are {min(pairs)}.")
    return " ".join(said)


def audit_as_text(audit: Audit) -> str:
    """Write an audit as tables: of each comparison the readings, and what follows."""
    lines = [f"{audit.n} patients, {audit.positives} with MVM", ""]
    lines.append(f"{'MVM against BVF':<24}{'films as simulated':>26}{'the same bodies, each disease':>34}")
    for name, area in audit.areas.items():
        same = audit.same_bodies[name]
        lines.append(
            f"{TITLES[name]:<24}{_area(area.auc, area.ci95):>26}{_area(same.area, same.interval):>34}"
        )
    for name in dict.fromkeys(each.name for each in audit.comparisons):
        rows = [each for each in audit.comparisons if each.name == name]
        lines += ["", f"{title_of(name)} ({rows[0].found.n} pairs)"]
        lines.append(f"{'':<24}{'area, simultaneous':>26}{'change of the logit':>28}  ")
        for each in rows:
            found = each.found
            moved = _area(found.change, found.change_ci95, signed=True)
            told = _area(found.area, found.interval)
            lines.append(f"{TITLES[each.reading]:<24}{told:>26}{moved:>28}  {found.verdict}")
    return "\n".join([*lines, "", conclusion(audit)])


def _area(value: float, interval: tuple[float, float] | None, *, signed: bool = False) -> str:
    form = "+.2f" if signed else ".3f"
    if interval is None:
        return f"{value:{form}}"
    return f"{value:{form}} ({interval[0]:{form}} to {interval[1]:{form}})"
