"""The scores of the maps of single cases: where they lie, and what becomes of them under dearer questions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mvm_core.cohort import Case
from mvm_core.explain.cases import ReadCase, on_network, open_case
from mvm_core.explain.catalogue import EVIDENCE, METHODS, Direction, torch_is_there
from mvm_core.explain.faithfulness import Faithfulness
from mvm_core.explain.repeatability import map_agreement, repeatability
from mvm_core.explain.scorecard import Score
from mvm_core.explain.scores import (
    POINTING_TOLERANCE,
    average_precision,
    intersection_over_union,
    middle_hits,
    pointing_game,
    share_inside,
)
from mvm_core.explain.twins import twin_test
from mvm_core.models import EvidenceMap, Reader
from mvm_core.models.inputs import network_inputs
from mvm_core.models.placement import evidence_by_view
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.radiograph import View

if TYPE_CHECKING:
    from mvm_core.explain.methods import Explainer

Maps = Mapping[View, EvidenceMap]
MapKey = tuple[str, str, str]
"""Question, reading and method."""
Thresholds = Mapping[MapKey, float]
Support = tuple[NDArray[np.float32], NDArray[np.bool_]]
_Opened = list[tuple[ReadCase, dict[str, NDArray[np.float32]]]]


@dataclass(frozen=True)
class Plan:
    """What to score.

    Attributes
    ----------
    readings, methods : tuple of str
    method_readings : tuple of str
        Single readings that methods other than the evidence map are scored for.
    cases, tune_cases : int or None
        How many cases are localised, and how many of the tune split give thresholds; all where None.
    dear_cases : int
        How many of the cases get insertion and deletion, repeatability and the twin test.
    shuffled_cases : int
        How many of them are read again with shuffled weights.
    slow_cases : int
        How many of them slow methods are scored on.
    other : Reader or None
        Of another training, to compare maps with.
    earlier : Reader or None
        Of the weights before, whose evidence maps are localised on the same cases.
    """

    readings: tuple[str, ...]
    methods: tuple[str, ...] = (EVIDENCE,)
    method_readings: tuple[str, ...] = ("ap", "lateral")
    cases: int | None = 100
    tune_cases: int | None = 60
    dear_cases: int = 12
    shuffled_cases: int = 6
    slow_cases: int = 1
    other: Reader | None = None
    earlier: Reader | None = None


@dataclass(frozen=True)
class _Mapped:
    """A reading's maps by one method, and the question that they answer."""

    question: str
    reading: str
    method: str
    maps: Maps

    @property
    def key(self) -> MapKey:
        return self.question, self.reading, self.method


class CaseScores:
    """Scores cases one by one.

    Parameters
    ----------
    reader : Reader
    plan : Plan
    """

    def __init__(self, reader: Reader, plan: Plan) -> None:
        self._reader, self._plan = reader, plan
        self._faithfulness = Faithfulness(reader.weights)
        self._explainer: Explainer | None = None
        self._kept: tuple[tuple[Case, ...], _Opened] | None = None

    def supports(self, case: Case) -> dict[MapKey, list[Support]]:
        """By each quick method's maps of a case: what supports the truth, and where the lesion is."""
        read, found = open_case(case, self._reader), dict[MapKey, list[Support]]()
        for mapped in self._mapped(read, slow=False):
            for view, support in self._support(read, mapped).items():
                found.setdefault(mapped.key, []).append((support, read.truth.lesion[view]))
        return found

    def scores(self, number: int, case: Case, thresholds: Thresholds) -> Iterator[Score]:
        """The scores of a case, the first ones also by what is dear.

        Parameters
        ----------
        number : int
            Of the case, from 1.
        case : Case
        thresholds : mapping
            Of the intersection over union.
        """
        read = open_case(case, self._reader)
        for mapped in self._mapped(read, slow=number <= self._plan.slow_cases):
            name = mapped.reading
            figures = self._localisation(read, mapped, thresholds.get(mapped.key))
            of_mvm = mapped.question == "mvm"
            if number <= self._plan.dear_cases and name in SINGLE_READINGS and of_mvm:
                figures |= self._faithfulness.figures(read, name, dict(mapped.maps))
            yield from _scores(read, name, mapped.method, figures, mapped.question)
        if number <= self._plan.dear_cases:
            yield from self._dear(read)

    def shuffled_jobs(self) -> list[tuple[str, str]]:
        """The readings and methods whose maps are compared with those of shuffled weights."""
        if not self._plan.shuffled_cases or not torch_is_there():
            return []
        return [
            (name, method)
            for name in self._plan.readings
            for method in self._plan.methods
            if name in (SINGLE_READINGS if method == EVIDENCE else self._plan.method_readings)
        ]

    def shuffled(self, name: str, method: str, cases: Sequence[Case]) -> Iterator[Score]:
        """The scores of a reading and a method on cases read again with shuffled weights."""
        from mvm_core.explain.methods import Explainer
        from mvm_core.explain.randomisation import randomisation

        self._explainer = self._explainer or Explainer(self._reader.weights)
        opened = self._opened(tuple(cases))
        inputs = [films for _, films in opened]
        usable = [place for place, films in enumerate(inputs) if name in films]
        if METHODS[method].slow:
            usable = usable[: self._plan.slow_cases]
        network = self._explainer.network(SINGLE_READINGS[name].network)
        films = [inputs[place][name] for place in usable]
        figures = randomisation(network, films, method, seeds=1 if METHODS[method].slow else 4)
        for metric, values in figures.items():
            for place, value in zip(usable, values, strict=True):
                yield from _scores(opened[place][0], name, method, {metric: value})

    def _opened(self, cases: tuple[Case, ...]) -> _Opened:
        if self._kept is None or self._kept[0] != cases:
            read = [open_case(case, self._reader) for case in cases]
            self._kept = cases, [(each, network_inputs(each.pair, self._reader.weights)) for each in read]
        return self._kept[1]

    def _mapped(self, read: ReadCase, *, slow: bool) -> Iterator[_Mapped]:
        results = read.reading.results
        names = [name for name in self._plan.readings if name in results]
        if EVIDENCE in self._plan.methods:
            for name in names:
                for question in results[name].questions:
                    yield _Mapped(question, name, EVIDENCE, results[name].maps(question))
        methods = [method for method in self._torch_methods() if slow or not METHODS[method].slow]
        if not methods:
            return
        inputs = network_inputs(read.pair, self._reader.weights)
        for name in names:
            if name not in self._plan.method_readings:
                continue
            single = SINGLE_READINGS[name]
            size = self._reader.weights.networks[single.network].preprocessing.size_px
            for method in methods:
                grid = self._explain(name, inputs[name], method, read.direction)
                regions = {view: read.reading.regions[view] for view in single.views}
                yield _Mapped("mvm", name, method, evidence_by_view(single, grid, regions, size))

    def _explain(
        self, name: str, film: NDArray[np.float32], method: str, direction: Direction
    ) -> NDArray[np.float32]:
        """A map turned so that positive values speak for MVM, asked for on the side that is true."""
        from mvm_core.explain.methods import Explainer, Question

        if self._explainer is None:
            self._explainer = Explainer(self._reader.weights)
        explanation = self._explainer.explain(name, film, Question(method, direction))
        return np.float32(direction.sign) * explanation.values

    def _torch_methods(self) -> list[str]:
        return [method for method in self._plan.methods if method != EVIDENCE]

    def _support(self, read: ReadCase, mapped: _Mapped) -> dict[View, NDArray[np.float32]]:
        """Maps turned so that positive values speak for what is true: every case is diseased."""
        sign = np.float32(read.direction.sign if mapped.question == "mvm" else 1)
        return {
            view: sign
            * on_network(evidence, read.reading.regions[view], self._reader.weights.preprocessing.size_px)
            for view, evidence in mapped.maps.items()
        }

    def _localisation(self, read: ReadCase, mapped: _Mapped, threshold: float | None) -> dict[str, float]:
        tolerance = POINTING_TOLERANCE * self._reader.weights.preprocessing.size_px
        found: dict[str, list[float | None]] = {}
        for view, support in self._support(read, mapped).items():
            masks = {"lesion": read.truth.lesion[view], "vertebra": read.truth.vertebra[view]}
            for where, mask in masks.items():
                found.setdefault(f"pointing_game_{where}", []).append(pointing_game(support, mask, tolerance))
                found.setdefault(f"middle_in_{where}", []).append(middle_hits(mask, tolerance))
                found.setdefault(f"share_inside_{where}", []).append(share_inside(support, mask))
                found.setdefault(f"auprc_{where}", []).append(average_precision(support, mask))
            if threshold is not None:
                overlap = intersection_over_union(support, masks["lesion"], threshold)
                found.setdefault("iou_lesion", []).append(overlap)
        return _means(found)

    def _dear(self, read: ReadCase) -> Iterator[Score]:
        if EVIDENCE not in self._plan.methods:
            return
        tolerance = POINTING_TOLERANCE * self._reader.weights.preprocessing.size_px
        by_reading = repeatability(read, self._reader)
        for name, figures in twin_test(read.case, self._reader, tolerance).items():
            by_reading.setdefault(name, {}).update(figures)
        if self._plan.other is not None:
            reading = self._plan.other.read(read.pair)
            size_px = self._reader.weights.preprocessing.size_px
            for name in set(by_reading) & set(reading.results):
                by_reading[name]["agreement"] = map_agreement(
                    read.pair, (read.reading, reading), name, size_px
                )
        for name in self._plan.readings:
            yield from _scores(read, name, EVIDENCE, by_reading.get(name, {}))


def _scores(
    read: ReadCase, name: str, method: str, figures: Mapping[str, float], question: str = "mvm"
) -> Iterator[Score]:
    case = read.case
    groups = [case.label]
    if case.label == "mvm":
        groups += [group for group in (case.sign, f"lesion {read.truth.size}") if group.strip() != "lesion"]
    groups = [group for group in groups if group]
    for metric, value in figures.items():
        yield Score(name, method, metric, case.case_id, tuple(groups), value, question)


def _means(found: Mapping[str, list[float | None]]) -> dict[str, float]:
    known = {metric: [value for value in values if value is not None] for metric, values in found.items()}
    return {metric: float(np.mean(values)) for metric, values in known.items() if values}
