"""The process that decodes: one image after another from its input, each within the limits.

It ends when its input ends, or is ended by the system when an image takes too much time. What is raised
beyond `DAMAGED` ends it too: its reader then says so, and goes on with another.
"""

import importlib
import os
import struct
import sys
import time
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from mvm_core.decoders.limits import MEMORY_LIMIT_BYTES, TIME_LIMIT_S
from mvm_core.decoders.messages import receive, send
from mvm_core.decoders.refusal import RefusedError

DAMAGED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What decoders raise on damaged images."""

_DECODERS = {
    "frame": ("mvm_core.decoders.frames", "decode_frame"),
    "picture": ("mvm_core.decoders.pictures", "decode_picture"),
    "deflated": ("mvm_core.decoders.deflated", "inflate"),
}
_MOST_BYTES = 1 << 30


def main(kind: str) -> None:
    """Decode until the input ends; the first image is of this kind, where it is told."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What libraries print is no answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")
    _limit_memory()
    if kind:
        _decoder(kind)
    while (request := receive(requests, _MOST_BYTES)) is not None:
        head, content = request
        _limit_time()
        _answer(answers, head, content)
        del request, content  # before the next one comes


def _answer(answers: BinaryIO, head: dict[str, Any], content: bytes) -> None:
    try:
        values, facts = _decoder(head["kind"])(content, head["options"])
        dtype, shape = values.dtype.str, list(values.shape)
        raw = memoryview(values.reshape(-1).view("u1"))
    except RefusedError as error:
        send(answers, {"refused": [error.problem, error.cure]}, b"")
    except MemoryError:
        send(answers, {"stopped": "memory"}, b"")
    except DAMAGED as error:
        send(answers, {"damaged": type(error).__name__}, b"")
    else:
        send(answers, {"dtype": dtype, "shape": shape, "facts": facts}, raw)


def _decoder(kind: str) -> Callable[[bytes, dict[str, Any]], tuple[Any, dict[str, Any]]]:
    module, name = _DECODERS[kind]
    return getattr(importlib.import_module(module), name)


def _limit_memory() -> None:
    with suppress(ImportError):  # where the system has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time() -> None:
    """Let the system end this process after so much more of processor time."""
    with suppress(ImportError):
        import resource

        limit = int(time.process_time()) + 1 + TIME_LIMIT_S
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
