"""Networks trained side by side, each in a process of one thread.

Two processes of one thread train more films a second than one of two threads: small layers do not fill
two processors. One thread also makes the sums, and so the weights, the same at every run.

What is spread over processes are whole networks, also under ``torchrun`` and by an engine such as a Ray
cluster, where each process has a GPU of its own if there are any. A single network is not split: one of this
size on films of this size fits one GPU.
"""

import logging
import logging.handlers
import multiprocessing
import os
import pickle
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.queues import Queue
from typing import Any

import cv2
import torch

from mvm_core.errors import TrainingError
from mvm_core.side_by_side import Engine, Workers, processors
from mvm_core.training.ranks import this_rank
from mvm_core.training.unit import Unit, run_unit

log = logging.getLogger(__name__)

_MOST_THREADS = 4

UnitProgress = Callable[[str, int, int], None]


def default_workers() -> int:
    """One for each processor; a single one where there is a GPU."""
    return 1 if torch.cuda.is_available() else processors()


def threads_for(workers: Workers) -> int:
    """How many threads prepare batches in each of so many processes: what these leave of the processors.

    One where an engine does the work, since nothing tells what its machines leave.
    """
    if not isinstance(workers, int):
        return 1
    return min(_MOST_THREADS, max(1, processors() // workers - 1))


def processes_of(workers: Workers) -> int:
    """How many processes of this machine do what no engine does, such as cutting films."""
    return workers if isinstance(workers, int) else default_workers()


def run_units(units: Sequence[Unit], workers: Workers, progress: UnitProgress) -> list[dict[str, Any]]:
    """Run units, the dearest first as given, and return their records in the order given.

    Parameters
    ----------
    units : sequence of Unit
    workers : int or Engine
        Processes side by side, with one the units run in this process; or what does the work, on machines
        that see the units' folders under the same paths.
    progress : callable
        Called after each epoch with the unit's title, epochs done and epochs in all.

    Raises
    ------
    TrainingError
        If a unit cannot start or go on, or a process was killed.
    """
    if not isinstance(workers, int):
        return _run_by(workers, units, progress)
    handler = _Epochs(progress)
    rank = this_rank()
    if rank.count > 1:
        # The first gets the dearest; each finds the others' records when all have met.
        _run_here(units[rank.number :: rank.count], handler)
        rank.meet()
        return [run_unit(unit) for unit in units]
    if workers == 1 or len(units) < 2:
        return _run_here(units, handler)
    context = multiprocessing.get_context("spawn")
    lines: Queue[logging.LogRecord] = context.Queue()
    listener = logging.handlers.QueueListener(lines, handler, _Forward())
    pool = ProcessPoolExecutor(
        min(workers, len(units)), mp_context=context, initializer=_start, initargs=(lines,)
    )
    listener.start()
    try:
        futures = [pool.submit(run_unit, unit) for unit in units]
        for future in as_completed(futures):
            future.result()
        return [future.result() for future in futures]
    except BrokenProcessPool:
        raise TrainingError(
            "workers",
            "a process was killed, most likely for want of memory",
            "run again with --resume and fewer --workers: every finished epoch is kept",
        ) from None
    finally:
        # Otherwise whatever stops the run would first wait for every unit still queued.
        pool.shutdown(wait=True, cancel_futures=True)
        listener.stop()
        lines.close()


def _run_by(engine: Engine, units: Sequence[Unit], progress: UnitProgress) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    # As bytes, so that a machine that does not see the films says so as any other error of the work.
    jobs = [pickle.dumps(replace(unit, folder=unit.folder.resolve())) for unit in units]
    for place, record in engine.run(_run_sent, jobs):
        found[place] = record
        epochs = len(record["history"])
        progress(units[place].title, epochs, epochs)
    return [found[place] for place in range(len(units))]


def _run_sent(content: bytes) -> dict[str, Any]:
    """Run a unit in the process of an engine, of one thread as those of this machine."""
    torch.set_num_threads(1)
    try:
        unit = pickle.loads(content)
    except FileNotFoundError as error:
        raise TrainingError(
            str(error.filename),
            f"the machine {socket.gethostname()} does not see it",
            "put cohort and --out where every machine finds them under the same path",
        ) from None
    return run_unit(unit)


def _run_here(units: Sequence[Unit], handler: logging.Handler) -> list[dict[str, Any]]:
    logger = logging.getLogger("mvm_core.training.unit")
    logger.addHandler(handler)
    try:
        return [run_unit(unit) for unit in units]
    finally:
        logger.removeHandler(handler)


class _Epochs(logging.Handler):
    def __init__(self, progress: UnitProgress) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        epoch = getattr(record, "epoch_of", None)
        if epoch is not None:
            self._progress(*epoch)


class _Forward(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        logging.getLogger(record.name).handle(record)


def _start(lines: "Queue[logging.LogRecord]") -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    logger = logging.getLogger("mvm_core")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.handlers.QueueHandler(lines))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        # Nothing waits for the result any more; the checkpoint holds all but this epoch.
        os._exit(1)
