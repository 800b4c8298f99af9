"""What a reader and its decoders say to each other: a line of JSON, then bytes."""

import json
import struct
from typing import Any, BinaryIO

_LENGTHS = struct.Struct("<IQ")
_LONGEST_HEAD = 1024 * 1024


def send(stream: BinaryIO, head: dict[str, Any], content: bytes | memoryview) -> None:
    """Write one message."""
    line = json.dumps(head).encode()
    stream.write(_LENGTHS.pack(len(line), len(content)) + line)
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO, most: int) -> tuple[dict[str, Any], bytes] | None:
    """Read one message.

    Parameters
    ----------
    stream : binary stream
        Buffered.
    most : int
        Bytes that its content may have.

    Returns
    -------
    tuple of dict and bytes, or None
        None where the other side has ended, or says what it may not say.
    """
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head_length, length = _LENGTHS.unpack(lengths)
    if head_length > _LONGEST_HEAD or length > most:
        return None
    line, content = stream.read(head_length), stream.read(length)
    if len(line) < head_length or len(content) < length:
        return None
    return json.loads(line), content
