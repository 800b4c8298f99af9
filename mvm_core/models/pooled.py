"""Means of a graph's inner tensors over the film, as further outputs, without touching the file."""

from collections.abc import Sequence

_GRAPH, _NODE, _OUTPUT = 7, 1, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR = 1, 2, 4
_VALUE_NAME, _VALUE_TYPE, _TENSOR_TYPE = 1, 2, 1
_FLOATS = b"\x08\x01"
_SHAPE, _SIDES = 2, 4
_BYTES = 2
"""Numbers of fields in onnx.proto, and the wire type of what is given with its length."""


def mean_name(tensor: str) -> str:
    """What the output with a tensor's means is called."""
    return f"mean:{tensor}"


def with_means(graph: bytes, tensors: Sequence[str]) -> bytes:
    """Append outputs to an ONNX file: of each tensor the mean over the film, shape (n, channels, 1, 1).

    Two messages of protocol buffers, one after the other, read as one: fields that may occur more than once
    are joined (protobuf.dev, Encoding, "Last One Wins"). So nodes and outputs can be added without reading
    the file, and the app needs no further package.

    Parameters
    ----------
    graph : bytes
        An ONNX file.
    tensors : sequence of str
        Names of tensors of shape (n, channels, h, w) in it.

    Notes
    -----
    A name that the graph does not hold shows when the graph is loaded.
    """
    if not tensors:
        return graph
    added = b""
    for tensor in tensors:
        output = mean_name(tensor).encode()
        node = (
            _field(_NODE_INPUT, tensor.encode())
            + _field(_NODE_OUTPUT, output)
            + _field(_NODE_OPERATOR, b"GlobalAveragePool")
        )
        added += _field(_NODE, node) + _field(_OUTPUT, _value(output))
    return graph + _field(_GRAPH, added)


def _value(name: bytes) -> bytes:
    """What tells of an output: its name, and that it holds floats on four sides of any length."""
    shape = _field(_SHAPE, _field(1, b"") * _SIDES)
    return _field(_VALUE_NAME, name) + _field(_VALUE_TYPE, _field(_TENSOR_TYPE, _FLOATS + shape))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """A whole number in groups of seven bits, the lowest first."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
