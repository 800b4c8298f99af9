"""The parts of an examination, one by one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mvm_core.benchmark.peak import gflop_of
from mvm_core.benchmark.timing import Timing, in_turn
from mvm_core.examination import Examiner, places_of
from mvm_core.models.engine import NetworkGraph
from mvm_core.models.inputs import network_inputs
from mvm_core.models.reader import Reader
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.radiograph import FilmPair, View
from mvm_core.side_by_side import in_threads

_RUNS_OF_BATCHES = 2
"""Each is some ten seconds with 32 pairs."""


def time_stages(examiner: Examiner, pair: FilmPair, peak: float, runs: int, batch: int) -> list[Timing]:
    """Time preparing, finding, the scan of all levels, the whole examination and each network.

    Parameters
    ----------
    examiner : Examiner
    pair : FilmPair
        Both films, with boxes.
    peak : float
        The processors', in 10^9 operations a second.
    runs : int
        Of each part.
    batch : int
        Pairs that are read at once, and one after the other beside that.
    """
    reader, bare = examiner.reader, replace(pair, ap_box=None, lateral_box=None)
    spines = {view: examiner.finder.find(film) for view, film in pair.films.items()}
    places = list(places_of(spines).values())
    times = in_turn(
        {
            "region cut and prepared, six readings": lambda: network_inputs(pair, reader.weights),
            "spine found, AP film": lambda: examiner.finder.find(pair.films[View.AP]),
            "spine found, lateral film": lambda: examiner.finder.find(pair.films[View.LATERAL]),
            f"scan of {len(places)} levels on two films": lambda: examiner.disease.read(pair.films, places),
            "examination of a pair, no box": lambda: examiner.examine(bare),
        },
        runs,
    )
    return [
        *(Timing(name, ms) for name, ms in times.items()),
        *_examinations(examiner, bare, batch),
        *_networks(reader, pair, peak, runs),
        *_readings(reader, pair, max(1, runs // 4), batch),
    ]


def _examinations(examiner: Examiner, pair: FilmPair, batch: int) -> list[Timing]:
    """One after the other, and two side by side as `score` reads a batch; a pair's share of the time."""

    def read(side_by_side: int) -> None:
        list(in_threads(examiner.examine, [pair] * batch, side_by_side))

    ways = {
        f"{batch} examinations one by one, each": 1,
        f"{batch} examinations two side by side, each": 2,
    }
    times = in_turn({name: partial(read, number) for name, number in ways.items()}, _RUNS_OF_BATCHES)
    return [Timing(name, ms / batch) for name, ms in times.items()]


def _networks(reader: Reader, pair: FilmPair, peak: float, runs: int) -> Iterator[Timing]:
    """Each network on one input, with one thread as the reader runs it."""
    inputs = network_inputs(pair, reader.weights)
    films = {SINGLE_READINGS[name].network: film[np.newaxis] for name, film in inputs.items()}
    graphs = {name: NetworkGraph(reader.weights.networks[name]) for name in films}
    times = in_turn({name: partial(graphs[name].run, film) for name, film in films.items()}, runs)
    for name, ms in times.items():
        work = gflop_of(reader.weights.networks[name].graph, films[name].shape)
        yield _with_share(f"network {name}, one thread", ms, work, peak)


def _readings(reader: Reader, pair: FilmPair, runs: int, batch: int) -> list[Timing]:
    """All networks side by side, for one pair and for many at once; a pair's share of the time."""
    batches: dict[str, list[NDArray[np.float32]]] = {}
    for name, film in network_inputs(pair, reader.weights).items():
        batches.setdefault(SINGLE_READINGS[name].network, []).append(film)
    graphs = {name: NetworkGraph(reader.weights.networks[name]) for name in batches}
    with ThreadPoolExecutor(2) as pool:

        def run(pairs: int) -> None:
            stacked = [(graphs[name], np.stack(films * pairs)) for name, films in batches.items()]
            list(pool.map(lambda each: each[0].run(each[1]), stacked))

        times = in_turn({str(pairs): partial(run, pairs) for pairs in (1, batch)}, runs)
    one, many = times.values()
    return [
        Timing("all networks, a pair at a time", one),
        Timing(f"all networks, {batch} pairs at once, each", many / batch),
    ]


def _with_share(name: str, ms: float, work: float | None, peak: float) -> Timing:
    if work is None:
        return Timing(name, ms)
    return Timing(name, ms, work, work / ms * 1e3 / peak)
