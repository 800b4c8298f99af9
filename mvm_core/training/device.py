"""Which device a network trains on, in what precision, and how memory is kept."""

import ctypes
import sys
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mvm_core.errors import TrainingError
from mvm_core.training.ranks import this_rank

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def training_device() -> torch.device:
    """The GPU if there is one; of several the one of this process.

    Raises
    ------
    TrainingError
        If the machine has GPUs, and none for this process.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    own, there = this_rank().on_machine, torch.cuda.device_count()
    if own >= there:
        raise TrainingError(
            f"LOCAL_RANK {own}",
            f"this machine has {there} GPU{'s' if there > 1 else ''}",
            f"start torchrun with --nproc-per-node={there}",
        )
    return torch.device("cuda", own)


def on_device(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """The array as a tensor there; a GPU fetches it from pinned memory while the processor goes on."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def resolve_precision(wanted: str) -> str:
    """``float32`` or ``bfloat16``; ``auto`` takes the latter where the hardware has units for it."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    # Without the units bfloat16 is emulated, which is slower than single precision.
    has_units = torch.ops.mkldnn._is_mkldnn_bf16_supported() and "avx512_bf16" in _cpu_flags()
    return "bfloat16" if has_units else "float32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Mixed precision for what runs inside it."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def keep_freed_memory() -> None:
    """Keep freed memory for the next step, instead of returning it and asking for fresh pages."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
            libc.mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


def _cpu_flags() -> str:
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            return next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return ""
