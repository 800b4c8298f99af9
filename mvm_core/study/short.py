"""The results of a release in a few lines, for the README: what the model card has in full."""

import json
from collections.abc import Sequence
from pathlib import Path

from mvm_core.models.registry import TITLES
from mvm_core.models.weights import REAL_FILMS
from mvm_core.radiograph import View
from mvm_core.study.sealed_figures import POINTS, SiteFigures
from mvm_core.study.tables import markdown
from mvm_core.validation.rates import rate_text, rate_with_interval

_SIGNED = "MVM or BVF with a sign, the case's own"


def real_films_in_short(folder: Path) -> str:
    """Real films without known disease, as a table; empty where the folder has no such record."""
    path = folder / REAL_FILMS
    if not path.is_file():
        return ""
    record = json.loads(path.read_text())
    rows = []
    for view in View:
        if view.value in record["totals"] and view.value in record["finding"]:
            flagged, found = record["totals"][view.value], record["finding"][view.value]
            rows.append(
                [
                    view.label,
                    str(found["films"]),
                    rate_text(rate_with_interval(found["found"], found["marked"])),
                    f"{found['level_right']:.2f}",
                    rate_text(rate_with_interval(flagged["flagged"], flagged["vertebrae"])),
                ]
            )
    table = markdown(["View", "Films", "Vertebrae found", "Level right", "Flagged as diseased"], rows)
    pairs = record.get("pairs")
    told = (
        f" Of {pairs['pairs']} pairs put together from two people's films {pairs['alarmed']} have an alarm."
        if pairs
        else ""
    )
    return (
        "**Real films without known disease**, none of which was learnt from: how well the spine is found, "
        f"and how often an alarm is false; of metastases or fractures they tell nothing.{told}\n\n{table}"
    )


def sealed_in_short(figures: Sequence[SiteFigures]) -> str:
    """The sealed test as a table of its sites."""
    rows = []
    for each in figures:
        area, at = each.areas[each.reading], each.at_points[POINTS[1]]
        interval = "" if area.ci95 is None else f" ({area.ci95[0]:.3f} to {area.ci95[1]:.3f})"
        rows.append(
            [
                each.site,
                f"{area.auc:.3f}{interval}",
                rate_text(at.sensitivity),
                rate_text(at.specificity),
                rate_text(each.by_label[_SIGNED]) if _SIGNED in each.by_label else "",
                f"{each.healthy_alarms:.2f}",
            ]
        )
    head = ["Site", "Area", "Sensitivity", "Specificity", "Diseased level with a sign flagged"]
    return (
        "**The sealed test**: patients whose seeds follow from the finished weights; sites b and c were not "
        "learnt from, c has other bones. All of them are **simulated**: it says nothing of patients. "
        f"MVM against BVF by {TITLES[figures[0].reading]} at the marked level, at {POINTS[1]}; the last two "
        "columns with no box drawn.\n\n" + markdown([*head, "Levels flagged a healthy film"], rows)
    )
