"""What each step of the finder's training brings on real films: graphs taught without and with it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.finding import score_finding
from mvm_core.finding_totals import finding_totals
from mvm_core.radiograph import View
from mvm_core.spine import Finder
from mvm_core.spine.weights import load_spine_weights
from mvm_core.study.tables import markdown
from mvm_core.validation.rates import rate_text, rate_with_interval

RECORD = "finder_arms.json"

_TOLD = ("films", "marked", "found", "false_per_film", "refused")


def title_of(trained_on: Mapping[str, Any]) -> str:
    """What sets one arm apart: what its graph was taught on, in a line."""
    if trained_on["real_ap_films"]:
        return "the same and real AP films"
    changed = trained_on["settings"]["strength"] > 0
    return "simulated films, changed at random" if changed else "simulated films as they are"


def score_arms(folders: Sequence[Path], films: Sequence[MarkedFilm], part: str) -> dict[str, Any]:
    """Find the spines of real films by each finder.

    Parameters
    ----------
    folders : sequence of Path
        Each with a ``spine.json``, in the order in which they are told.
    films : sequence of MarkedFilm
        Learnt from by none of them.
    part : str
        Which films these are.

    Returns
    -------
    dict
        ``part``, and ``arms``: of each ``title, finder, steps, simulated_films, real_ap_films`` and the
        totals by view, ``finding``: ``films, marked, found, false_per_film, refused``.

    Raises
    ------
    WeightsError
        If a folder holds no finder.
    FilmError
        If a film cannot be read.
    """
    arms = []
    # Where a folder holds none, the shipped finder would be opened.
    for finder in [Finder(load_spine_weights(folder)) for folder in folders]:
        trained_on = finder.weights.trained_on
        arms.append(
            {
                "title": title_of(trained_on),
                "finder": finder.weights.identity[:12],
                "steps": trained_on["settings"]["steps"],
                "simulated_films": trained_on["simulated_films"],
                "real_ap_films": trained_on["real_ap_films"],
                "finding": {
                    view: {name: own[name] for name in _TOLD}
                    for view, own in finding_totals(score_finding(films, finder)).items()
                },
            }
        )
    return {"part": part, "arms": arms}


def arms_section(folder: Path) -> list[str]:
    """The part of a model card that tells of it; empty where the folder has no such record."""
    path = folder / RECORD
    if not path.is_file():
        return []
    arms = json.loads(path.read_text())["arms"]
    rows = [_row(arm, View(view), own) for arm in arms for view, own in arm["finding"].items()]
    head = ["Taught on", "View", "Films", "Vertebrae found", "False a film", "Refused"]
    return [
        "### What each step of the training brings\n\nGraphs of the finder alone, without the close looks "
        f"and the straight spine, taught for {_steps(arms)} steps each from the same start; they are not the "
        "graph of the release, which learnt longer.\n\n" + markdown(head, rows)
    ]


def _row(arm: Mapping[str, Any], view: View, own: Mapping[str, Any]) -> list[str]:
    return [
        arm["title"],
        view.label,
        str(own["films"]),
        rate_text(rate_with_interval(own["found"], own["marked"])),
        f"{own['false_per_film']:.2f}",
        str(own["refused"]),
    ]


def _steps(arms: Sequence[Mapping[str, Any]]) -> str:
    return " or ".join(f"{steps:,}" for steps in sorted({arm["steps"] for arm in arms}))
