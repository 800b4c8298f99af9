"""A network of its own for tests: Orthanc's DICOM port listens on all addresses, so there is but one."""

import array
import ctypes
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 0x1
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def own_network() -> Iterator[None]:
    """Let this thread, and the processes that it starts, see a loopback of their own alone."""
    here = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    try:
        if _libc.unshare(_CLONE_NEWNET):
            reason = os.strerror(ctypes.get_errno())
            pytest.skip(f"no network of its own for Orthanc ({reason}): run the tests as root")
        set_loopback(up=True)
        yield
    finally:
        _libc.setns(here, _CLONE_NEWNET)
        os.close(here)


def set_loopback(*, up: bool) -> None:
    """Cut the network of this thread, or mend it."""
    with socket.socket() as probe:
        request = array.array("B", struct.pack("16sh14x", b"lo", 0))
        fcntl.ioctl(probe, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh14x", request)[1]
        flags = flags | _UP if up else flags & ~_UP
        fcntl.ioctl(probe, _SIOCSIFFLAGS, array.array("B", struct.pack("16sh14x", b"lo", flags)))


def listening(pid: int) -> set[str]:
    """Addresses that a process's network listens on, beside those of this machine."""
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return {line.split()[1] for line in lines if line.split()[3] == "0A"}
