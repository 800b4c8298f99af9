"""The decoders that all readers of a process share: started when needed, kept warm, replaced when lost."""

import atexit
import math
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from mvm_core.decoders.limits import MEMORY_LIMIT_BYTES, TIME_LIMIT_S, WALL_LIMIT_S
from mvm_core.decoders.messages import receive, send
from mvm_core.errors import FilmError

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
    "from mvm_core.decoders.process import main; main(sys.argv[1])"
)
_KINDS = "uif"
_TOOK_TOO_LONG = "time"
_DAMAGED_CURE = "export or send the film again"


class DecoderStoppedError(FilmError):
    """A film whose decoder had to be ended, or ended itself."""


class DamagedImageError(Exception):
    """An image that its decoder could not make sense of."""


@dataclass(frozen=True)
class Decoded:
    """An image, and what its decoder found out about it.

    Attributes
    ----------
    values : array
        Whole numbers or floats.
    facts : dict
    """

    values: NDArray
    facts: dict[str, Any]


class _Decoder:
    """One process, which makes ready for images of one kind before the first comes."""

    def __init__(self, kind: str) -> None:
        # One image uses one processor; -P keeps the folder where the user is from hiding modules.
        alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=alone,
        )
        self._overdue = threading.Event()

    def ask(self, head: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        """Decode one image; where that ends the process, say why."""
        watch = threading.Timer(WALL_LIMIT_S, self._stop)
        watch.daemon = True
        watch.start()
        try:
            send(cast(BinaryIO, self._process.stdin), head, content)
            answer = receive(cast(BinaryIO, self._process.stdout), MEMORY_LIMIT_BYTES)
        except (BrokenPipeError, ValueError):
            answer = None
        finally:
            watch.cancel()
        if answer is not None and not self._overdue.is_set():
            return answer
        self.end()
        slow = self._overdue.is_set() or self._process.returncode in _out_of_time()
        return {"stopped": _TOOK_TOO_LONG if slow else "broken", "lost": True}, b""

    def _stop(self) -> None:
        self._overdue.set()
        self._process.kill()

    def end(self) -> None:
        """End the process and wait for it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)
        self._process.kill()
        self._process.wait()

    def leave(self) -> None:
        """In a process that was forked off: this decoder is another's."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)
        self._process.returncode = 0


def _close(pipe: Any) -> None:
    with suppress(BrokenPipeError):  # what was still to be written has no reader any more
        pipe.close()


def _out_of_time() -> tuple[int, ...]:
    return (-signal.SIGXCPU,) if hasattr(signal, "SIGXCPU") else ()


class DecoderPool:
    """Decoders for any number of threads.

    Parameters
    ----------
    size : int
        How many run at most; who comes when all are busy waits.
    """

    def __init__(self, size: int) -> None:
        self._free = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Decoder] = []
        self._busy: list[_Decoder] = []

    def decode(self, kind: str, content: bytes, options: dict[str, Any], name: str) -> Decoded:
        """Decode one image.

        Parameters
        ----------
        kind : {'frame', 'picture', 'deflated'}
        content : bytes
        options : dict
            What the decoder of this kind takes, with plain types.
        name : str
            The film's file, for messages.

        Raises
        ------
        FilmError
            If its decoder refuses the image.
        DecoderStoppedError
            If it takes too much time or memory, or breaks its decoder.
        DamagedImageError
            If it is damaged.
        """
        with self._free:
            decoder = self._take(kind)
            answer, raw = decoder.ask({"kind": kind, "options": options}, content)
            with self._lock:
                self._busy.remove(decoder)
                if "lost" not in answer:
                    self._idle.append(decoder)
        if "refused" in answer:
            raise FilmError(name, *answer["refused"])
        if "damaged" in answer:
            raise DamagedImageError(answer["damaged"])
        if "stopped" in answer:
            raise _stopped(answer["stopped"], name)
        return _checked(answer, raw, name)

    def warm_up(self, kind: str) -> None:
        """Start a decoder where none runs, without waiting for it."""
        with self._lock:
            if not self._idle and not self._busy:
                self._idle.append(_Decoder(kind))

    def _take(self, kind: str) -> _Decoder:
        with self._lock:
            decoder = self._idle.pop() if self._idle else _Decoder(kind)
            self._busy.append(decoder)
            return decoder

    def close(self) -> None:
        """End all decoders."""
        with self._lock:
            for decoder in (*self._idle, *self._busy):
                decoder.end()
            self._idle.clear()

    def leave(self) -> None:
        """Start afresh in a process that was forked off."""
        for decoder in (*self._idle, *self._busy):
            decoder.leave()
        self._lock = threading.Lock()
        self._idle, self._busy = [], []


@cache
def shared_pool() -> DecoderPool:
    """The pool of this process."""
    # At least four: two bad files at once must not keep a third reader waiting.
    pool = DecoderPool(max(4, os.cpu_count() or 1))
    atexit.register(pool.close)
    return pool


def _after_fork() -> None:
    if shared_pool.cache_info().currsize:
        shared_pool().leave()
        shared_pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _checked(answer: dict[str, Any], raw: bytes, name: str) -> Decoded:
    """The array that an answer describes; a decoder that was taken over may describe anything."""
    try:
        dtype, shape = np.dtype(str(answer["dtype"])), tuple(int(side) for side in answer["shape"])
        sound = dtype.kind in _KINDS and min(shape, default=0) > 0
        if not sound or math.prod(shape) * dtype.itemsize != len(raw):
            raise ValueError
        return Decoded(np.frombuffer(raw, dtype).reshape(shape), dict(answer["facts"]))
    except (KeyError, TypeError, ValueError):
        raise _stopped("broken", name) from None


def _stopped(why: str, name: str) -> DecoderStoppedError:
    if why == _TOOK_TOO_LONG:
        return DecoderStoppedError(
            name,
            f"its image takes more than {TIME_LIMIT_S} s to decode, so that was stopped",
            "export or send the film again, uncompressed where that is possible",
        )
    if why == "memory":
        return DecoderStoppedError(
            name,
            f"its image takes more than {MEMORY_LIMIT_BYTES // 2**20} MB of memory to decode",
            "export the film again as a grey image, or at a lower resolution",
        )
    return DecoderStoppedError(name, "its image is damaged, and broke its decoder", _DAMAGED_CURE)
