"""Gigabytes of large films through a bound on memory: what all processes take together, film by film."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import psutil
import pydicom
from films import simulated_pairs
from pydicom.uid import RLELossless
from storage import CREDENTIALS, MadeFilms, options_of, served

from mvm_core.cluster.folder import ResultFolder

ROOT = Path(__file__).resolve().parents[2]
_LOOK_S = 0.25


def large_films(side: int) -> list[bytes]:
    """A pair of a simulated patient with so many pixels along its longer side, plain and run-length encoded.

    Their identifiers hold the mark that `MadeFilms` puts another number for.
    """
    (pair,) = simulated_pairs(1)
    found = []
    for kind in range(2):
        for place, content in enumerate(pair.values()):
            data = pydicom.dcmread(io.BytesIO(content))
            pixels = data.pixel_array
            factor = side / max(pixels.shape)
            larger = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
            for name in ("PixelSpacing", "ImagerPixelSpacing"):
                if name in data:
                    data[name].value = [float(each) / factor for each in data[name].value]
            data.Rows, data.Columns = larger.shape
            data.PixelData = larger.tobytes()
            study = f"1.2.826.0.1.99999999.{kind + 1}"
            data.StudyInstanceUID, data.SeriesInstanceUID = study, f"{study}.{place + 1}"
            data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"{study}.{place + 1}.1"
            if kind:
                data.compress(RLELossless, generate_instance_uid=False)
            buffer = io.BytesIO()
            data.save_as(buffer)
            found.append(buffer.getvalue())
    return found


def run_memory(base: Path, gigabytes: float, bound_gb: float, workers: int, side: int) -> dict[str, Any]:
    """Run it; gives what was read and the greatest memory of all processes together, in MB."""
    os.environ.update(CREDENTIALS)
    kinds = large_films(side)
    films = MadeFilms(kinds, round(gigabytes * 1e9 / sum(map(len, kinds)) * len(kinds)))
    with served(films) as place:
        began = time.monotonic()
        command = [sys.executable, "-m", "mvm_core", "score", f"s3://films/a?{options_of(place)}"]
        options = ["--out", str(base / "out"), "--workers", str(workers), "--batch", "4"]
        peak = _peak_mb([*command, *options, "--memory-gb", str(bound_gb)])
    tables = {kind: ResultFolder(base / "out").table(kind) for kind in ("films", "unread")}
    return {
        "films": films.count,
        "gigabytes of films": round(films.size / 1e9, 2),
        "gigabytes sent": round(films.given / 1e9, 2),
        "megabytes of a film": [round(len(each) / 1e6, 1) for each in kinds],
        "read": tables["films"].num_rows,
        "not read": sorted(set(tables["unread"]["reason"].to_pylist())),
        "bound, MB": round(bound_gb * 1000),
        "peak of all processes, MB": peak,
        "seconds": round(time.monotonic() - began),
    }


def _peak_mb(command: Sequence[str]) -> int:
    """The greatest proportional set size of a process and all that it starts."""
    peak = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        own = psutil.Process(running.pid)
        while running.poll() is None:
            peak = max(peak, _pss(own))
            time.sleep(_LOOK_S)
        assert running.stderr is not None
        if running.returncode:
            raise RuntimeError(running.stderr.read().decode()[-2000:])
    return round(peak / 1e6)


def _pss(own: psutil.Process) -> int:
    total = 0
    for process in [own, *_children(own)]:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:  # it has ended
            continue
    return total


def _children(own: psutil.Process) -> list[psutil.Process]:
    try:
        return own.children(recursive=True)
    except psutil.Error:
        return []
