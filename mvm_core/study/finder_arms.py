"""What each step of the finder's training brings on real films: graphs taught without and with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.finding import score_finding
from mvm_core.finding_totals import finding_totals
from mvm_core.radiograph import View
from mvm_core.spine import Finder
from mvm_core.spine.weights import MANIFEST, load_spine_weights
from mvm_core.study.tables import markdown
from mvm_core.validation.rates import rate_text, rate_with_interval

RECORD = "finder_arms.json"

_TOLD = ("films", "marked", "found", "false_per_film", "refused")


@dataclass(frozen=True)
class Taught:
    """What the graphs of an arm were taught on.

    Attributes
    ----------
    strength : float
        Of the random changes of grey values while bodies were learnt to be found; 0 for none.
    steps : int
        So long were they learnt to be found.
    simulated_films, real_ap_films : int
        Of any of its graphs, the most.
    whole : bool
        Whether it has close looks and the straight spine, as the finder of a release.
    """

    strength: float
    steps: int
    simulated_films: int
    real_ap_films: int
    whole: bool

    @property
    def title(self) -> str:
        """What sets the arm apart, in a line."""
        changed = "simulated films, changed at random" if self.strength else "simulated films as they are"
        films = "the same and real AP films" if self.real_ap_films else changed
        return f"{films}: the whole finder" if self.whole else films


def taught(manifest: Mapping[str, Any]) -> Taught:
    """What the ``spine.json`` of an arm says of its training."""
    first = manifest["trained_on"]
    closer = [manifest[name]["trained_on"] for name in ("corners", "levels") if manifest.get(name)]
    return Taught(
        strength=first["settings"]["strength"],
        steps=first["settings"]["steps"],
        simulated_films=max(each["simulated_films"] for each in (first, *closer)),
        real_ap_films=max(each["real_ap_films"] for each in (first, *closer)),
        whole=bool(closer),
    )


def score_arms(folders: Sequence[Path], films: Sequence[MarkedFilm], part: str) -> dict[str, Any]:
    """Find the spines of real films by each finder, which is told their views.

    What makes a view clear enough is chosen for the graph of the release; others would refuse many by it.

    Parameters
    ----------
    folders : sequence of Path
        Each with a ``spine.json``, in the order in which they are told: after the one that it went on from.
    films : sequence of MarkedFilm
        Learnt from by none of them.
    part : str
        Which films these are.

    Returns
    -------
    dict
        ``part``, and ``arms``: of each ``title, finder, steps, simulated_films, real_ap_films`` and the
        totals by view, ``finding``: ``films, marked, found, false_per_film, refused``. Steps count those of
        the arm that it went on from.

    Raises
    ------
    WeightsError
        If a folder holds no finder.
    FilmError
        If a film cannot be read.
    """
    arms: list[dict[str, Any]] = []
    steps_of: dict[str, int] = {}
    # Where a folder holds none, the shipped finder would be opened.
    for folder, finder in [(each, Finder(load_spine_weights(each))) for each in folders]:
        manifest = json.loads((folder / MANIFEST).read_text())
        learnt = taught(manifest)
        steps = steps_of.get(manifest["trained_on"]["start"], 0) + learnt.steps
        steps_of[manifest["onnx"]["sha256"]] = steps
        found = score_finding(films, finder, view_told=True)
        arms.append(
            {
                "title": learnt.title,
                "finder": finder.weights.identity[:12],
                "steps": steps,
                "simulated_films": learnt.simulated_films,
                "real_ap_films": learnt.real_ap_films,
                "finding": {
                    view: {name: own[name] for name in _TOLD} for view, own in finding_totals(found).items()
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
    head = ["Taught on", "Steps", "View", "Films", "Vertebrae found", "False a film", "Refused"]
    return [
        "### What each step of the training brings\n\nGraphs that find bodies alone and, where it is said, "
        "with close looks and the straight spine; taught for so many steps from the weights of ImageNet, "
        "each from the simulated films in docs/release.md. They are not those of the release, which learnt "
        "longer. The films' views are told to them, since what makes a view clear enough is chosen for the "
        "release.\n\n" + markdown(head, rows)
    ]


def _row(arm: Mapping[str, Any], view: View, own: Mapping[str, Any]) -> list[str]:
    return [
        arm["title"],
        f"{arm['steps']:,}",
        view.label,
        str(own["films"]),
        rate_text(rate_with_interval(own["found"], own["marked"])),
        f"{own['false_per_film']:.2f}",
        str(own["refused"]),
    ]
