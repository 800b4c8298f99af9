"""The results of a release in a few lines, for the README: what the model card has in full."""

import json
from collections.abc import Sequence
from pathlib import Path

from mvm_core.finding_totals import level_right_in_words
from mvm_core.models.registry import TITLES
from mvm_core.models.weights import REAL_FILMS
from mvm_core.radiograph import View
from mvm_core.study.sealed_figures import POINTS, SiteFigures
from mvm_core.study.sealed_levels import OWN_WITH_A_SIGN
from mvm_core.study.sealed_section import area_text
from mvm_core.study.tables import markdown
from mvm_core.validation.rates import rate_text, rate_with_interval


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
                    level_right_in_words(found),
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


def sealed_in_short(figures: Sequence[SiteFigures], *, known_to_finder: bool) -> str:
    """The sealed test as a table of its sites; whether its films were known when the finder was chosen."""
    known = ", which are not blind: the finder has changed since the test was first opened"
    rows = []
    for each in figures:
        at = each.at_points[POINTS[1]]
        rows.append(
            [
                each.site,
                area_text(each.areas[each.reading]),
                rate_text(at.sensitivity),
                rate_text(at.specificity),
                rate_text(each.by_label[OWN_WITH_A_SIGN]),
                f"{each.healthy_alarms:.2f}",
            ]
        )
    head = ["Site", "Area", "Sensitivity", "Specificity", "Diseased level with a sign flagged"]
    return (
        "**The sealed test**: patients whose seeds follow from the finished weights; sites b and c were not "
        "learnt from, c has other bones. All of them are **simulated**: it says nothing of patients. "
        f"MVM against BVF by {TITLES[figures[0].reading]} at the marked level, at {POINTS[1]}; the last two "
        f"columns with no box drawn{known if known_to_finder else ''}.\n\n"
        + markdown([*head, "Levels flagged a healthy film"], rows)
    )
