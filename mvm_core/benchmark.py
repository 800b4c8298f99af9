"""Timings of the reader, alone and against the usual stack, taken in one process run."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from mvm_core.explain.timing import MapTimings, time_maps
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.models.inputs import network_inputs
from mvm_core.models.reader import Reader
from mvm_core.radiograph import FilmPair, View
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
    reader_ms : float
        From the reader's call to six single readings, four ensembles and all evidence maps, in ms.
    usual_stack_ms : float or None
        Six readings with Grad-CAM by eager torch, from ready inputs, in ms; None without torch.
    reader_vs_usual_stack : float or None
        How many times faster the reader is.
    maps : MapTimings
        What the evidence maps cost, alone and against grad-cam's.
    change_of_reading_ms : float or None
        From a change of reading to the whole explainability page run again, without the browser's time, in
        ms; None without streamlit.
    cores : int
        Processors that the run could use.
    """

    cold_predict_s: float
    cold_predict_loads_torch: bool
    reader_ms: float
    usual_stack_ms: float | None
    reader_vs_usual_stack: float | None
    maps: MapTimings
    change_of_reading_ms: float | None
    cores: int

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """A line for each figure, for people."""
        loads = "torch was loaded" if self.cold_predict_loads_torch else "torch was not loaded"
        lines = [
            f"cold predict of a DICOM pair   {self.cold_predict_s:7.2f} s  ({loads})",
            f"reader, all readings and maps  {self.reader_ms:7.1f} ms",
        ]
        if self.usual_stack_ms is None or self.reader_vs_usual_stack is None:
            lines.append("eager torch with Grad-CAM      not measured: pip install -r requirements.txt")
        else:
            lines.append(f"eager torch with Grad-CAM      {self.usual_stack_ms:7.1f} ms")
            lines.append(f"the reader is                  {self.reader_vs_usual_stack:7.1f} times faster")
        lines += self.maps.as_lines()
        if self.change_of_reading_ms is not None:
            lines.append(f"page after a change of reading {self.change_of_reading_ms:7.1f} ms")
        return "\n".join([*lines, f"on {self.cores} processors"])


def run_benchmark(weights: Path | None, runs: int = 20) -> Benchmark:
    """Time a cold `predict`, the warm reader and the usual stack on one simulated patient.

    Reader and usual stack take turns in the same process, so that both meet the same machine.
    """
    patient = simulate_patient(PatientRequest(seed=7, label="mvm"))
    files = {view: film_to_dicom(patient, view) for view in View}
    pair = _pair(patient, files)
    reader = Reader.open(weights)
    cold_s, loads_torch = _cold_predict(files, weights)
    usual = _usual_stack(reader, pair)
    reader_ms: list[float] = []
    usual_ms: list[float] = []
    for _ in range(3):
        reader.read(pair)
    for _ in range(runs):
        reader_ms.append(_milliseconds(lambda: reader.read(pair)))
        if usual is not None and len(usual_ms) < max(3, runs // 4):
            usual_ms.append(_milliseconds(usual))
    slow = median(usual_ms) if usual_ms else None
    maps = time_maps(reader, pair, runs)
    return Benchmark(
        cold_predict_s=cold_s,
        cold_predict_loads_torch=loads_torch,
        reader_ms=median(reader_ms),
        usual_stack_ms=slow,
        reader_vs_usual_stack=slow / median(reader_ms) if slow is not None else None,
        maps=maps,
        change_of_reading_ms=_change_of_reading_ms(weights),
        cores=len(os.sched_getaffinity(0)),
    )


def _pair(patient: SimulatedPatient, files: dict[View, bytes]) -> FilmPair:
    films = pair_films(read_study([StudyFile(f"{view}.dcm", content) for view, content in files.items()]))
    return FilmPair(
        films.ap,
        films.lateral,
        ap_box=patient.films[View.AP].box,
        lateral_box=patient.films[View.LATERAL].box,
    )


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def _usual_stack(reader: Reader, pair: FilmPair) -> Callable[[], object] | None:
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("pytorch_grad_cam") is None:
        return None
    from mvm_core.explain.usual_stack import UsualStack

    stack = UsualStack(reader.weights)
    inputs = network_inputs(pair, reader.weights)

    def read_all() -> None:
        for name, film in inputs.items():
            stack.read(name, film)

    read_all()
    return read_all


def _change_of_reading_ms(weights: Path | None) -> float | None:
    """What the page's own timing says, in a process that may load streamlit."""
    root = Path(__file__).resolve().parents[1]
    if importlib.util.find_spec("streamlit") is None or not (root / "app.py").is_file():
        return None
    chosen = {"MVM_WEIGHTS": str(weights.resolve())} if weights is not None else {}
    done = subprocess.run(
        [sys.executable, "-m", "pages.components.timing"],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={**os.environ, **chosen},
    )
    return float(json.loads(done.stdout.splitlines()[-1])["change_of_reading_ms"])


def _cold_predict(files: dict[View, bytes], weights: Path | None, runs: int = 3) -> tuple[float, bool]:
    program = (
        "import sys\nfrom mvm_core.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    seconds, loads_torch = [], False
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["predict"]
        for view, content in files.items():
            path = Path(folder) / f"{view}.dcm"
            path.write_bytes(content)
            arguments += [f"--{view}", str(path)]
        if weights is not None:
            arguments += ["--weights", str(weights)]
        for _ in range(runs):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
            )
            seconds.append(time.perf_counter() - start)
            loads_torch = loads_torch or done.stderr.strip().endswith("True")
    return median(seconds), loads_torch
