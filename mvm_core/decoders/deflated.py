"""Deflated data sets of DICOM -> their bytes."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.decoders.refusal import RefusedError


def inflate(content: bytes, options: dict[str, Any]) -> tuple[NDArray, dict[str, Any]]:
    """Unpack a deflated data set.

    Parameters
    ----------
    content : bytes
        What follows the file meta information.
    options : dict
        ``most_bytes``.

    Returns
    -------
    values : uint8 array
    facts : dict
        Empty.

    Raises
    ------
    RefusedError
        If it unpacks to more.
    EOFError
        If it is cut short.
    """
    most = options["most_bytes"]
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacked = unpacker.decompress(content, most)
    if unpacker.unconsumed_tail:
        raise RefusedError(f"it unpacks to more than {most // 2**20} MB", "export the film uncompressed")
    if not unpacker.eof:
        raise EOFError("the deflated data set is cut short")
    return np.frombuffer(unpacked, np.uint8), {}
