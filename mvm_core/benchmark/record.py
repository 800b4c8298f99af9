"""The speed record: all timings of one process run."""

import importlib.util
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mvm_core.benchmark.cold import change_of_reading_ms, cold_predict, page_stands_s
from mvm_core.benchmark.decoding import time_decoding
from mvm_core.benchmark.peak import peak_gflops
from mvm_core.benchmark.stages import time_stages
from mvm_core.benchmark.timing import Timing, in_turn
from mvm_core.examination import Examiner
from mvm_core.explain.timing import MapTimings, time_maps
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.models.inputs import network_inputs
from mvm_core.models.reader import Reader
from mvm_core.models.registry import SINGLE_READINGS
from mvm_core.radiograph import FilmPair, View
from mvm_core.side_by_side import processors
from mvm_core.simulation import PatientRequest, SimulatedPatient, film_to_dicom, simulate_patient


@dataclass(frozen=True)
class Benchmark:
    """Medians over several runs.

    Attributes
    ----------
    cold_predict_s : float
        Wall time of ``python -m mvm_core predict`` for a DICOM pair, from start to exit, in seconds.
    cold_predict_loads_torch : bool
        Whether that process loaded torch.
    page_stands_s : float or None
        From the start of the app until it answers, in seconds; None without streamlit.
    reader_ms : float
        From the reader's call to six single readings, four ensembles and all evidence maps, in ms.
    usual_stack_ms : float or None
        Six readings with Grad-CAM by eager torch, from ready inputs, by the faster of two ways: film by film,
        or each network's films in one batch with one forward and one backward pass; None without torch.
    reader_vs_usual_stack : float or None
        How many times faster the reader is.
    maps : MapTimings
        What the evidence maps cost, alone and against grad-cam's.
    change_of_reading_ms : float or None
        From a change of reading to the whole explainability page run again, without the browser's time, in
        ms; None without streamlit.
    peak_gflops : float
        What a large float32 matrix product reached on all processors, in 10^9 operations a second.
    reader_share_of_peak : float or None
        Share of it that the networks of one pair reach side by side, for what they compute.
    stages, decoding : tuple of Timing
        The parts of an examination, and a large film by the way it is stored.
    cores : int
        Processors that the run could use.
    """

    cold_predict_s: float
    cold_predict_loads_torch: bool
    page_stands_s: float | None
    reader_ms: float
    usual_stack_ms: float | None
    reader_vs_usual_stack: float | None
    maps: MapTimings
    change_of_reading_ms: float | None
    peak_gflops: float
    reader_share_of_peak: float | None
    stages: tuple[Timing, ...]
    decoding: tuple[Timing, ...]
    cores: int

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """A line for each figure, for people."""
        loads = "torch was loaded" if self.cold_predict_loads_torch else "torch was not loaded"
        lines = [f"cold predict of a DICOM pair   {self.cold_predict_s:7.2f} s  ({loads})"]
        if self.page_stands_s is not None:
            lines.append(f"app answers after its start    {self.page_stands_s:7.2f} s")
        lines.append(f"reader, all readings and maps  {self.reader_ms:7.1f} ms")
        if self.usual_stack_ms is None or self.reader_vs_usual_stack is None:
            lines.append("eager torch with Grad-CAM      not measured: pip install -r requirements.txt")
        else:
            lines.append(f"eager torch with Grad-CAM      {self.usual_stack_ms:7.1f} ms")
            lines.append(f"the reader is                  {self.reader_vs_usual_stack:7.1f} times faster")
        lines += self.maps.as_lines()
        if self.change_of_reading_ms is not None:
            lines.append(f"page after a change of reading {self.change_of_reading_ms:7.1f} ms")
        lines += ["", *(timing.as_line() for timing in self.stages)]
        lines += ["", *(timing.as_line() for timing in self.decoding), ""]
        peak = f"large float32 matrix product {self.peak_gflops:.0f} GFLOP/s"
        if self.reader_share_of_peak is not None:
            peak += f"; the networks of a pair, side by side, reach {self.reader_share_of_peak:.0%} of it"
        return "\n".join([*lines, peak, f"on {self.cores} processors"])


def run_benchmark(weights: Path | None, runs: int = 12, batch: int = 32) -> Benchmark:
    """Time cold starts, the warm reader and its parts, and the usual stack, on one simulated patient.

    Reader and usual stack take turns in the same process, so that both meet the same machine.
    """
    patient = simulate_patient(PatientRequest(seed=7, label="mvm"))
    files = {view: film_to_dicom(patient, view) for view in View}
    pair = _pair(patient, files)
    examiner = Examiner.open(weights)
    reader = examiner.reader
    cold_s, loads_torch = cold_predict(files, weights, min(3, runs))
    times = in_turn({"reader": lambda: reader.read(pair), **_usual_stack(reader, pair)}, max(1, runs // 2))
    own = times.pop("reader")
    slow = min(times.values(), default=None)
    peak = peak_gflops()
    stages = time_stages(examiner, pair, peak, runs, batch)
    maps = time_maps(reader, pair, runs)
    work = sum(_work(stages, name) for name in _networks_run(reader, pair))
    return Benchmark(
        cold_predict_s=cold_s,
        cold_predict_loads_torch=loads_torch,
        page_stands_s=page_stands_s(),
        reader_ms=own,
        usual_stack_ms=slow,
        reader_vs_usual_stack=slow / own if slow is not None else None,
        maps=maps,
        change_of_reading_ms=change_of_reading_ms(weights),
        peak_gflops=peak,
        reader_share_of_peak=work / maps.logits_and_maps_ms * 1e3 / peak if work else None,
        stages=tuple(stages),
        decoding=tuple(time_decoding(reader, files[View.AP], max(1, runs // 4))),
        cores=processors(),
    )


def _pair(patient: SimulatedPatient, files: dict[View, bytes]) -> FilmPair:
    films = pair_films(read_study([StudyFile(f"{view}.dcm", content) for view, content in files.items()]))
    return FilmPair(
        films.ap,
        films.lateral,
        ap_box=patient.films[View.AP].box,
        lateral_box=patient.films[View.LATERAL].box,
    )


def _networks_run(reader: Reader, pair: FilmPair) -> list[str]:
    """The network of each single reading."""
    return [SINGLE_READINGS[name].network for name in network_inputs(pair, reader.weights)]


def _work(stages: list[Timing], network: str) -> float:
    return sum(each.gflop or 0.0 for each in stages if each.name.startswith(f"network {network},"))


def _usual_stack(reader: Reader, pair: FilmPair) -> dict[str, Callable[[], object]]:
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("pytorch_grad_cam") is None:
        return {}
    from mvm_core.explain.usual_stack import UsualStack

    stack = UsualStack(reader.weights)
    inputs = network_inputs(pair, reader.weights)
    return {
        "film by film": lambda: [stack.read(name, film) for name, film in inputs.items()],
        "in batches": lambda: stack.read_together(inputs),
    }
