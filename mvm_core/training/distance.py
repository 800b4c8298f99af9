"""Fitting the rule that tells films unlike the training films, and writing it into a weights folder."""

import hashlib
import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from mvm_core.cohort import Case, Cohort
from mvm_core.cohort.vertebrae import is_real, vertebra_rows
from mvm_core.errors import TrainingError, WeightsError
from mvm_core.evaluation import read_film_of
from mvm_core.imaging import check_film, check_region
from mvm_core.imaging.preprocess import Preprocessing, cut, network_input, region_of_interest, stretch
from mvm_core.models.copied_weights import write_changed
from mvm_core.models.distance import DistanceRule, TrainingFilm, ViewRule
from mvm_core.models.distance_file import FILE, rule_as_bytes
from mvm_core.models.engine import NetworkGraph
from mvm_core.models.weights import Weights, load_weights
from mvm_core.radiograph import Radiograph, View
from mvm_core.sealed import RECORD
from mvm_core.training.distance_stages import fit_stages
from mvm_core.training.real_rows import real_rows

STAGES = (
    "/backbone/blocks/blocks.1/blocks.1.1/Add_output_0",
    "/backbone/blocks/blocks.2/blocks.2.1/Add_output_0",
    "/backbone/blocks/blocks.3/blocks.3.2/Add_output_0",
    "/backbone/blocks/blocks.4/blocks.4.2/Add_output_0",
)
"""What four blocks of an exported EfficientNet-B0 give: 24, 40, 80 and 112 channels."""

PATIENTS = 300
"""So many patients are enough; more are drawn down to it."""

LEAST_FILMS = 150
"""Fewer films of a view tell no 99th percentile."""

KEPT = 36
"""Training films of each view that are kept to be shown."""

REFUSED = frozenset(
    ("low contrast", "clipped", "overexposed", "underexposed", "blurred", "noisy", "too small", "cut off")
)
"""Concerns that keep a training film out of the fit: by films on which nothing is seen, which training made
on purpose, the line would lie beyond everything."""

_PICTURE_PX = 96
_QUALITY = 75
_REAL_SHARE = 1 / 3
_PER_FILM = 2
_WORDS = {"mvm": "MVM", "bvf": "BVF", "intact": "intact", "other": "another finding"}

Array = NDArray[np.float32]

log = logging.getLogger(__name__)


@dataclass
class _Films:
    """What is gathered of the training films of one view."""

    means: list[dict[str, Array]] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)
    real: list[bool] = field(default_factory=list)
    films: list[TrainingFilm] = field(default_factory=list)
    refused: int = 0


def distance_rows(cohorts: Sequence[Cohort], splits: Sequence[str], real: Path | None) -> tuple[Case, ...]:
    """The vertebrae to fit on: of cohorts, with an intact level each, and of marked real films' train part.

    Raises
    ------
    TableError
        If a table is unfit.
    TrainingError
        If the folder of real films holds none of the training part.
    """
    found = [row for cohort in cohorts for row in vertebra_rows(cohort, splits, per_patient=1)]
    return (*found, *(row for row in real_rows(real) if row.split == "train"))


def fit_distance(
    folder: Path,
    rows: Sequence[Case],
    out: Path | None = None,
    *,
    patients: int = PATIENTS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Fit the rule on training films and write it into the weights folder, or into a copy of it.

    Parameters
    ----------
    folder : Path
        Weights.
    rows : sequence of Case
        Vertebrae that were learnt from, or others of the same kind; those of one patient follow each other.
    out : Path, optional
        Gets a copy of the weights with the rule; the folder itself where not given.
    patients : int
        Drawn from the rows, with a third as many real films.
    seed : int
        Of that draw.

    Returns
    -------
    Path
        The new manifest.

    Raises
    ------
    WeightsError
        If the folder is not complete, no network looks at one film alone, or its test is sealed already.
    TrainingError
        If no view has `LEAST_FILMS` that can be read.
    """
    weights = load_weights(folder)
    target = out or folder
    if (target / RECORD).is_file() and target.resolve() == folder.resolve():
        raise WeightsError(
            str(folder),
            "its sealed test belongs to these weights without the rule",
            "name a new folder with --out, and seal that",
        )
    networks = networks_for(weights)
    gathered = _gather(weights, networks, _drawn(rows, patients, seed), progress)
    views = {
        view: _view_rule(networks[view], films)
        for view, films in gathered.items()
        if len(films.films) >= LEAST_FILMS
    }
    if not views:
        counts = ", ".join(f"{len(films.films)} {view.label}" for view, films in gathered.items())
        raise TrainingError(
            "fit-distance", f"it has {counts} films that can be read", f"give {LEAST_FILMS} or more"
        )
    told = _fitted_on(rows, {view: gathered[view] for view in views})
    return _write(weights, target, DistanceRule(views, told["films"]), told)


def fit_distance_where_enough(
    folder: Path, rows: Sequence[Case], progress: Callable[[int, int], None] | None = None
) -> Path | None:
    """As `fit_distance`, on the train split's rows; None where its films tell no rule, which is logged.

    Parameters
    ----------
    folder : Path
        Weights that have just been trained on these rows.
    rows : sequence of Case
    """
    try:
        return fit_distance(folder, [row for row in rows if row.split == "train"], progress=progress)
    except TrainingError as error:
        log.warning("No rule tells films unlike the training films: %s", error)
        return None


def networks_for(weights: Weights) -> dict[View, str]:
    """By view, the network whose features judge its films: its own one, else the one of both views.

    Raises
    ------
    WeightsError
        If no network looks at one film alone.
    """
    found = {
        view: next(name for name in (view.value, "merge") if name in weights.networks)
        for view in View
        if {view.value, "merge"} & set(weights.networks)
    }
    if not found:
        raise WeightsError(
            str(weights.folder),
            "none of its networks looks at one film alone",
            "train ap, lateral or merge too",
        )
    return found


def _drawn(rows: Sequence[Case], patients: int, seed: int) -> list[list[Case]]:
    """Rows by pair of films, of so many patients."""
    pairs = [list(group) for _, group in groupby(rows, key=lambda row: (row.ap, row.lateral))]
    draw = np.random.default_rng(seed)
    found = []
    for real, count in ((False, patients), (True, round(patients * _REAL_SHARE))):
        own = [pair for pair in pairs if is_real(pair[0]) is real]
        for place in sorted(draw.permutation(len(own))[:count]):
            pair = own[place]
            chosen = sorted(draw.permutation(len(pair))[:_PER_FILM]) if real else range(len(pair))
            found.append([pair[row] for row in chosen][:_PER_FILM])
    return found


def _gather(
    weights: Weights,
    networks: dict[View, str],
    pairs: Sequence[Sequence[Case]],
    progress: Callable[[int, int], None] | None,
) -> dict[View, _Films]:
    graphs = {name: NetworkGraph(weights.networks[name], STAGES) for name in set(networks.values())}
    gathered = {view: _Films() for view in networks}
    for done, pair in enumerate(pairs, start=1):
        for view, name in networks.items():
            film = read_film_of(pair[0], view)
            if film is not None:
                settings = weights.networks[name].preprocessing
                _look(gathered[view], graphs[name], settings, film, view, pair)
        if progress is not None:
            progress(done, len(pairs))
    return gathered


def _look(
    films: _Films,
    graph: NetworkGraph,
    settings: Preprocessing,
    film: Radiograph,
    view: View,
    rows: Sequence[Case],
) -> None:
    unfit = {concern.name for concern in check_film(film, settings)} & {"low contrast"}
    for row in rows:
        box = row.box(view)
        if box is None:
            continue
        told = {concern.name for concern in check_region(film, box, row.level, settings=settings)}
        if unfit or told & REFUSED:
            films.refused += 1
            continue
        patch = cut(film.pixels, region_of_interest(film, box, settings.region_mm), settings.size_px)
        output = graph.run(network_input(patch, settings)[np.newaxis, np.newaxis])
        films.means.append({tensor: mean[0] for tensor, mean in output.means.items()})
        films.patients.append(row.case_id)
        films.real.append(is_real(row))
        simulated = row.reference_standard == "simulated"
        films.films.append(TrainingFilm(_in_words(row, view), _picture(patch) if simulated else b""))


def _in_words(row: Case, view: View) -> str:
    """A film without its patient."""
    if is_real(row):
        return f"real {view.label} film, {row.level}"
    kind = "simulated film" if row.reference_standard == "simulated" else "film"
    return f"{kind}, site {row.site}, {row.level}, {_WORDS[row.label]}"


def _picture(patch: Array) -> bytes:
    small = cv2.resize(stretch(patch), (_PICTURE_PX, _PICTURE_PX), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(
        ".jpg", np.round(small * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    return encoded.tobytes()


def _view_rule(network: str, films: _Films) -> ViewRule:
    means = {tensor: np.stack([each[tensor] for each in films.means]) for tensor in STAGES}
    stages, scores = fit_stages(means, np.array(films.real, int), np.array(films.patients))
    places = means[STAGES[-1]] @ stages[-1].whitening
    kept = _representative(places, min(KEPT, len(places)))
    return ViewRule(network, stages, scores, tuple(films.films[row] for row in kept), places[kept])


def _representative(places: Array, count: int) -> list[int]:
    """Films nearest to the middles of so many clusters."""
    with warnings.catch_warnings():
        # The middle of an empty cluster has a nearest film too.
        warnings.filterwarnings("ignore", "One of the clusters is empty")
        middles, _ = kmeans2(places, count, minit="++", rng=np.random.default_rng(0), missing="warn")
    nearest = ((places[np.newaxis] - middles[:, np.newaxis]) ** 2).sum(axis=2).argmin(axis=1)
    return sorted(set(nearest.tolist()))


def _fitted_on(rows: Sequence[Case], gathered: dict[View, _Films]) -> dict[str, Any]:
    sites = sorted({row.site for row in rows if not is_real(row)})
    counts = {
        view.value: {
            "films": len(films.films),
            "real": sum(films.real),
            "left_out": films.refused,
        }
        for view, films in gathered.items()
    }
    phrase = " and ".join(f"{own['films']} {View(name).label}" for name, own in counts.items())
    return {"films": f"{phrase} films of site {', '.join(sites)}", "sites": sites, "counts": counts}


def _write(weights: Weights, target: Path, rule: DistanceRule, told: dict[str, Any]) -> Path:
    content = rule_as_bytes(rule)
    part = {"file": FILE, "sha256": hashlib.sha256(content).hexdigest(), "fitted_on": told}
    return write_changed(weights.folder, target, {"distance": part}, {FILE: content})
