"""Large arrays piece by piece, so that what is reckoned in between stays small."""

from collections.abc import Iterator

_VALUES = 1 << 21


def bands(length: int) -> Iterator[slice]:
    """Pieces of a flat array of this length."""
    return (slice(start, start + _VALUES) for start in range(0, length, _VALUES))
