"""FilmPair -> Reading: the one way from films to probabilities."""

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from mvm_core.errors import WeightsError
from mvm_core.language import gettext
from mvm_core.models.calibration import score_of_mean
from mvm_core.models.distance import FilmDistance
from mvm_core.models.distance_file import read_rule
from mvm_core.models.engine import GraphOutput, NetworkGraph
from mvm_core.models.inputs import PairInputs
from mvm_core.models.placement import evidence_by_view
from mvm_core.models.reader_remarks import blank_warnings, region_warnings
from mvm_core.models.reading import Reading, ReadingResult
from mvm_core.models.registry import (
    ENSEMBLES,
    NETWORKS,
    SINGLE_READINGS,
    Ensemble,
    Layout,
    SingleReading,
    title_of,
)
from mvm_core.models.results import Answer, ensemble_result, single_result
from mvm_core.models.weights import MANIFEST, Weights, default_weights, load_weights
from mvm_core.radiograph import FilmPair, View


class Reader:
    """Reads pairs of films with one set of weights.

    Make it with `Reader.open`, which shares readers, and so their graphs, within the process.

    Examples
    --------
    >>> reading = Reader.open().read(FilmPair(ap=film))  # doctest: +SKIP
    >>> reading.leading.probability  # doctest: +SKIP
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.rule = read_rule(weights.distance) if weights.distance is not None else None
        self._graphs = {
            name: NetworkGraph(network, self.rule.tensors(name) if self.rule is not None else ())
            for name, network in weights.networks.items()
        }
        self._pool = ThreadPoolExecutor(min(len(self._graphs), os.cpu_count() or 1), "graph")
        self._warming, self._warm = Lock(), False

    @classmethod
    def open(cls, folder: Path | None = None) -> "Reader":
        """Open a weights folder, or return the reader that this process has already opened for it.

        Parameters
        ----------
        folder : Path, optional
            Defaults to ``MVM_WEIGHTS``, else to the shipped weights.

        Raises
        ------
        WeightsError
            If the folder is not a complete weights folder.
        """
        path = (folder or default_weights()).resolve()
        manifest = path / MANIFEST
        changed = manifest.stat().st_mtime_ns if manifest.is_file() else 0
        return _open_shared(path, changed)

    def warm_up(self) -> None:
        """Load every graph now rather than at the first reading; nothing where that was done."""
        with self._warming:
            if not self._warm:
                list(self._pool.map(self._run_on_nothing, self._graphs))
            self._warm = True

    def load(self, views: Collection[View] = tuple(View)) -> None:
        """Load the graphs that read films of these views, those of one view first.

        Raises
        ------
        WeightsError
            If one cannot be loaded.
        """
        wanted = [single for single in SINGLE_READINGS.values() if set(single.views) <= set(views)]
        names = dict.fromkeys(single.network for single in sorted(wanted, key=lambda each: len(each.views)))
        for name in names:
            if name in self._graphs:
                self._graphs[name].load()

    def _run_on_nothing(self, name: str) -> None:
        network, size = NETWORKS[name], self.weights.networks[name].preprocessing.size_px
        width = 2 * size if network.layout is Layout.SIDE_BY_SIDE else size
        self._graphs[name].run(np.zeros((1, network.channels, size, width), np.float32))

    def read(self, pair: FilmPair) -> Reading:
        """Make every reading that the films and the weights allow.

        Parameters
        ----------
        pair : FilmPair
            One film or two.

        Raises
        ------
        ValueError
            If the pair holds no film at all.
        WeightsError
            If a graph cannot be loaded, or no network reads these films.
        """
        if not pair.views:
            raise ValueError("a reading needs at least one film")
        inputs = PairInputs(pair)
        obstacles = {single.name: self._obstacle(single, pair) for single in SINGLE_READINGS.values()}
        possible = [single for single in SINGLE_READINGS.values() if obstacles[single.name] is None]
        singles, distances = self._singles(possible, inputs)
        missing = {name: reason for name, reason in obstacles.items() if reason is not None}
        ensembles = {}
        for ensemble in ENSEMBLES.values():
            reason = self._ensemble_obstacle(ensemble, singles)
            if reason is None:
                ensembles[ensemble.name] = ensemble_result(ensemble, singles, self.weights.readings)
            else:
                missing[ensemble.name] = reason
        if not singles:
            raise WeightsError(
                str(self.weights.folder),
                gettext(
                    "none of its models reads the {views} film alone",
                    views=gettext(" and the ").join(v.label for v in pair.views),
                ),
                gettext("give the other film too, or use weights with more models"),
            )
        first = next(iter(self.weights.networks.values())).preprocessing
        regions = {view: inputs.region(view, first) for view in pair.views}
        blank = frozenset(view for view in pair.views if inputs.is_blank(view, first))
        return Reading(
            results={**ensembles, **singles},
            missing=missing,
            regions=regions,
            blank=blank,
            warnings=(*region_warnings(pair, regions), *blank_warnings(pair, blank)),
            notice=self.weights.notice,
            weights_id=self.weights.identity[:12],
            distances=distances,
        )

    @property
    def graphs(self) -> Mapping[Path, NetworkGraph]:
        """The graphs by their files, for what else runs them: each is loaded once."""
        return {self.weights.networks[name].graph: graph for name, graph in self._graphs.items()}

    def distances_of(
        self, means: Mapping[View, Mapping[str, NDArray[np.float32]]]
    ) -> dict[View, FilmDistance]:
        """As `distances`, from the means of inner tensors that a run gave already, by the film's view."""
        rules = self.rule.views if self.rule is not None else {}
        return {view: rules[view].measure(own) for view, own in means.items() if view in rules and own}

    def distances(self, pair: FilmPair) -> dict[View, FilmDistance]:
        """How unlike the training films the films are, without a reading; empty without a rule for that."""
        inputs = PairInputs(pair)
        found: dict[View, FilmDistance] = {}
        for single in SINGLE_READINGS.values():
            if self._judges(single) and single.views[0] in pair.views:
                films = inputs.of(self.weights.networks[single.network], single)[np.newaxis]
                found |= self._distance(single, self._graphs[single.network].run(films), 0)
        return found

    def _judges(self, single: SingleReading) -> bool:
        """Whether the features of this reading's network are those by which its film is judged."""
        if self.rule is None or len(single.views) > 1 or single.network not in self.weights.networks:
            return False
        rule = self.rule.views.get(single.views[0])
        return rule is not None and rule.network == single.network

    def _distance(self, single: SingleReading, output: GraphOutput, row: int) -> dict[View, FilmDistance]:
        if self.rule is None or not self._judges(single):
            return {}
        means = {name: mean[row] for name, mean in output.means.items()}
        return {single.views[0]: self.rule.views[single.views[0]].measure(means)}

    def _obstacle(self, single: SingleReading, pair: FilmPair) -> str | None:
        if single.network not in self.weights.networks or single.name not in self.weights.readings:
            return gettext("these weights hold no {single} model", single=title_of(single.name))
        absent = [view.label for view in single.views if view not in pair.views]
        return (
            gettext("it needs the {absent} film", absent=gettext(" and the ").join(absent))
            if absent
            else None
        )

    def _ensemble_obstacle(self, ensemble: Ensemble, singles: Mapping[str, ReadingResult]) -> str | None:
        absent = [title_of(name) for name in ensemble.members if name not in singles]
        if absent:
            return gettext("it averages {absent}, which could not be read", absent=", ".join(absent))
        if ensemble.name not in self.weights.readings:
            return gettext("these weights have no operating points for it")
        return None

    def _singles(
        self, possible: list[SingleReading], inputs: "PairInputs"
    ) -> tuple[dict[str, ReadingResult], dict[View, FilmDistance]]:
        singles = {}
        distances: dict[View, FilmDistance] = {}
        wanted_of = {
            name: [single for single in possible if single.network == name]
            for name in sorted({single.network for single in possible}, key=_cost, reverse=True)
        }
        running = {
            name: self._pool.submit(
                self._graphs[name].run,
                np.stack([inputs.of(self.weights.networks[name], single) for single in wanted]),
            )
            for name, wanted in wanted_of.items()
        }
        for name, wanted in wanted_of.items():
            network, output = self.weights.networks[name], running[name].result()
            for row, single in enumerate(wanted):
                distances |= self._distance(single, output, row)
                regions = {view: inputs.region(view, network.preprocessing) for view in single.views}
                answers = {
                    question: Answer(
                        float(output.logit[row, place]),
                        evidence_by_view(
                            single, output.evidence[row, place], regions, network.preprocessing.size_px
                        ),
                    )
                    for place, question in enumerate(network.questions)
                }
                singles[single.name] = single_result(single.name, answers, self.weights.readings[single.name])
        return {single.name: singles[single.name] for single in possible}, distances


def logits_of(reading: Reading) -> dict[str, float]:
    """The logit of each result before calibration; of an ensemble, that of its probability."""
    return {
        name: float(score_of_mean(result.probability)) if result.logit is None else result.logit
        for name, result in reading.results.items()
    }


@lru_cache(maxsize=4)
def _open_shared(folder: Path, changed: int) -> Reader:
    return Reader(load_weights(folder))


def _cost(network: str) -> int:
    """Films that a network looks at in one run; the dearest starts first."""
    return 1 if NETWORKS[network].layout is Layout.CHANNELS else len(NETWORKS[network].views)
