"""DICOM attributes read leniently: what cannot be read counts as absent."""

import math
import struct
from collections.abc import Sequence
from typing import Any

from pydicom import Dataset
from pydicom.errors import BytesLengthException

UNREADABLE = (
    AttributeError,
    BytesLengthException,
    IndexError,
    KeyError,
    NotImplementedError,
    OverflowError,
    TypeError,
    ValueError,
    struct.error,
)
"""What pydicom raises when an element's bytes are no value of its type."""


def numbers(data: Dataset, keyword: str) -> tuple[float, ...]:
    """The finite numbers of an attribute; empty where it is absent, empty or unreadable."""
    found = []
    for item in _items(data, keyword):
        try:
            found.append(float(item))
        except UNREADABLE:
            return ()
    return tuple(found) if all(math.isfinite(number) for number in found) else ()


def number(data: Dataset, keyword: str) -> float | None:
    """The first number of an attribute; None where there is none."""
    found = numbers(data, keyword)
    return found[0] if found else None


def text(data: Dataset, keyword: str) -> str:
    """The words of an attribute, its values separated by a space; empty where there are none."""
    return " ".join(str(item) for item in _items(data, keyword)).strip()


def first_item(data: Dataset, keyword: str) -> Dataset | None:
    """The first item of a sequence; None where there is none."""
    items = _items(data, keyword)
    return items[0] if items and isinstance(items[0], Dataset) else None


def _items(data: Dataset, keyword: str) -> list[Any]:
    try:
        value = data.get(keyword)
        if value is None:
            return []
        one = isinstance(value, str | bytes) or not isinstance(value, Sequence)
        return [value] if one else list(value)
    except UNREADABLE:
        return []
