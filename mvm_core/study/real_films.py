"""The part of a model card that tells of real films: the spine found, alarms, disease put in."""

import json
from pathlib import Path
from typing import Any

from mvm_core.finding_totals import cobb_in_words, level_right_in_words, without_discs
from mvm_core.models.disease_weights import MANIFEST as DISEASE_MANIFEST
from mvm_core.models.weights import MANIFEST, REAL_FILMS
from mvm_core.radiograph import View
from mvm_core.spine.weights import MANIFEST as SPINE_MANIFEST
from mvm_core.study.finder_arms import arms_section
from mvm_core.study.tables import markdown
from mvm_core.validation.rates import rate_text, rate_with_interval

_BESIDE = (
    ("corners", "close looks"),
    ("endplates", "fine looks at collapsed bodies"),
    ("levels", "names from the straight spine"),
)
"""Graphs beside the finder's own, and in words."""


def real_films_section(folder: Path) -> list[str]:
    """The section, in parts; empty where the folder has no such record."""
    path = folder / REAL_FILMS
    if not path.is_file():
        return []
    record = json.loads(path.read_text())
    parts = [
        "## Real films\n\nReal films without known disease, none of which was learnt from. They tell of "
        "finding the spine and of false alarms; **of metastases or fractures in patients they tell nothing**."
        f" Finder `{record['finder']}`, disease network `{record['disease_network']}`.",
        *_learnt_from(folder),
        "### The spine found\n\n" + _finding(record["finding"]),
        "### Alarms\n\nVertebrae that are said to be diseased, each film dropped alone, no box drawn; on AP "
        "films T10 to L5 count.\n\n" + _alarms(record["totals"]),
    ]
    parts[-1:-1] = arms_section(folder)
    if "pairs" in record:
        parts.append("### Pairs of two people\n\n" + _pairs(record["pairs"]))
    if "implants" in record:
        parts.append("### Disease put into real AP films\n\n" + _implants(record["implants"]))
    return parts


def _learnt_from(folder: Path) -> list[str]:
    """From how many films what reads them has learnt, in one paragraph."""
    told = {}
    for title, name in (("Finder", SPINE_MANIFEST), ("Disease network", DISEASE_MANIFEST)):
        if (folder / name).is_file():
            said = json.loads((folder / name).read_text())
            told[title] = said["trained_on"]
            for part, words in _BESIDE:
                if part in said:
                    told[f"{title}, {words}"] = said[part]["trained_on"]
    manifest = json.loads((folder / MANIFEST).read_text()) if (folder / MANIFEST).is_file() else {}
    if "disease" in manifest:
        learnt = manifest["training"].get("vertebrae", {}).get("train", {})
        told["AP and lateral network"] = dict(learnt)
    if "scan" in manifest:
        told["Network for disease alone, beside them"] = manifest["scan"]["trained_on"]
    lines = [
        f"{title} learnt from: "
        + ", ".join(
            f"{key.replace('_', ' ')} {value}"
            for key, value in trained.items()
            if isinstance(value, int) and not isinstance(value, bool) and value
        )
        + "."
        for title, trained in told.items()
    ]
    return ["\n".join(lines)] if lines else []


def _finding(totals: dict[str, dict[str, Any]]) -> str:
    rows = []
    for view, own in totals.items():
        rows.append(
            [
                View(view).label,
                str(own["films"]),
                rate_text(rate_with_interval(own["found"], own["marked"])),
                f"{own['false_per_film']:.2f}",
                level_right_in_words(own),
                f"{own['corner_error_median']:.3f}",
                f"{own['nmse']:.2e}",
                f"{own['smape']:.2f}" if own["smape"] is not None else "",
                f"{own['refused']}",
                f"{1000 * own['seconds_median']:.0f}",
            ]
        )
    head = ["View", "Films", "Vertebrae found", "False a film", "Level right", "Corner error", "NMSE"]
    return (
        markdown([*head, "SMAPE (%)", "Refused", "ms a film"], rows)
        + "\n\nFound: centre within half a body height. Corner error: median, as a share of the body's "
        "diagonal. SMAPE: of the three Cobb angles, as the AASCE challenge defines it (published on its own "
        "128 test films: Seg4Reg+ 7.32, RouterNet 6.24; ours are other films of the same collection)."
        + "".join(
            f" Marks too flat for bodies, and far apart, lie on discs: {View(view).label} films {apart}."
            for view, own in totals.items()
            if (apart := without_discs(own)) is not None
        )
        + "".join(
            f" {View(view).label} films: {told}."
            for view, own in totals.items()
            if (told := cobb_in_words(own))
        )
        + _beyond_marks(totals)
    )


def _beyond_marks(totals: dict[str, dict[str, Any]]) -> str:
    """What is known of the false vertebrae."""
    told = [
        f"{own['beyond']} of {round(own['false_per_film'] * own['films'])} on {View(view).label} films"
        for view, own in totals.items()
        if "beyond" in own
    ]
    if not told:
        return ""
    return (
        f" Of the false ones {' and '.join(told)} lie above or below all marks, where vertebrae may be in "
        "view that nobody marked. Levels of lateral films are counted up from the lowest mark, which is "
        "taken for the sacrum."
    )


def _alarms(totals: dict[str, dict[str, Any]]) -> str:
    rows = [
        [
            View(view).label,
            str(own["films"]),
            rate_text(rate_with_interval(own["flagged"], own["vertebrae"])),
            str(own["refused"]),
        ]
        for view, own in totals.items()
    ]
    return markdown(["View", "Films", "Vertebrae flagged", "Films refused"], rows)


def _pairs(found: dict[str, Any]) -> str:
    rows = [
        [title, rate_text(rate_with_interval(own["flagged"], own["vertebrae"]))]
        for title, own in (("on both films", found["on_both"]), ("on one film", found["on_one"]))
        if own["vertebrae"]
    ]
    return (
        "No pair of one person's real films is at hand: each AP film was dropped together with a lateral one "
        f"of somebody else. {found['alarmed']} of {found['pairs']} such pairs have an alarm.\n\n"
        + markdown(["Vertebra seen", "Flagged"], rows)
    )


def _implants(found: dict[str, Any]) -> str:
    severities = list(dict.fromkeys(entry["severity"] for entry in found["ill"]))
    rows = []
    for kind in dict.fromkeys(entry["kind"] for entry in found["ill"]):
        own = {entry["severity"]: entry for entry in found["ill"] if entry["kind"] == kind}
        rows.append([kind, *(f"{own[s]['flagged']}/{own[s]['n']}" for s in severities)])
    told = {
        name: rate_text(rate_with_interval(found[name]["flagged"], found[name]["n"]))
        for name in ("all", "sham", "intact")
    }
    return (
        "Flagged, by kind and severity (a collapse of severity 0 loses 20 % of the height, of 1 60 %).\n\n"
        + markdown(["Kind", *(f"{severity:g}" for severity in severities)], rows)
        + f"\n\nAll kinds and severities {told['all']}; after the same machinery with an effect within what "
        f"is normal {told['sham']}; another vertebra of the same film, left alone {told['intact']}."
    )
