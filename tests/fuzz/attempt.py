"""What becomes of hostile files: a film, a named error, or what must not be."""

import faulthandler
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mvm_core.decoders.pool import DecoderStoppedError, shared_pool
from mvm_core.errors import FilmError, StudyError
from mvm_core.imaging import StudyFile, read_study

HANGS_AFTER_S = 60.0


@dataclass
class Outcome:
    """Counts over all files; names of those that went wrong, with what went wrong.

    Attributes
    ----------
    films, refused, stopped : int
        Files that gave films; that were refused by a sentence; of these, those whose decoder was ended.
    wrong : list of str
        Another exception, a sentence that does not name the file, values outside [0, 1].
    slowest_s : float
    slowest : str
    peak_mb, decoder_peak_mb : float
        Most memory of this process, and of any one decoder.
    """

    films: int = 0
    refused: int = 0
    stopped: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""
    peak_mb: float = 0.0
    decoder_peak_mb: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return asdict(self)


def attempt(files: Iterable[tuple[str, bytes]], tell_each: bool = False) -> Outcome:
    """Read each file; the process is ended with a traceback where one hangs."""
    outcome = Outcome()
    for name, content in files:
        faulthandler.dump_traceback_later(HANGS_AFTER_S, exit=True)
        start = time.perf_counter()
        said = _read(name, content, outcome)
        seconds = time.perf_counter() - start
        faulthandler.cancel_dump_traceback_later()
        if tell_each:
            memory = _peak_mb()
            print(f"{seconds:7.2f} s  {memory:5.0f} MB  {name}: {said[:140]}", file=sys.stderr, flush=True)
        if seconds > outcome.slowest_s:
            outcome.slowest_s, outcome.slowest = seconds, name
    shared_pool().close()
    outcome.peak_mb = _peak_mb()
    outcome.decoder_peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return outcome


def _read(name: str, content: bytes, outcome: Outcome) -> str:
    try:
        films = read_study([StudyFile(name, content)])
    except (FilmError, StudyError) as error:
        outcome.refused += 1
        outcome.stopped += isinstance(error, DecoderStoppedError)
        sentence = str(error)
        if not sentence.endswith(".") or "\n" in sentence or len(sentence) > 1000:
            outcome.wrong.append(f"{name}: {sentence[:300]!r}")
        return sentence
    except Exception as error:  # noqa: BLE001 - what must not be is counted, not passed on
        outcome.wrong.append(f"{name}: {type(error).__name__}: {error}"[:300])
        return outcome.wrong[-1]
    outcome.films += 1
    for film in films:
        ends = float(film.pixels.min()), float(film.pixels.max())
        if film.pixels.dtype != np.float32 or not 0 <= ends[0] <= ends[1] <= 1:
            outcome.wrong.append(f"{name}: values from {ends[0]} to {ends[1]}")
    return f"{len(films)} films"


def _peak_mb() -> float:
    """Of this program alone: ``ru_maxrss`` counts the process that started it, too."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
