"""Damage to files, drawn with a fixed seed."""

from collections.abc import Iterator, Mapping

import numpy as np

_SIZES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_HEADER = 1600


def damaged(files: Mapping[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Draw damaged files, each with a name that says which it is."""
    names = sorted(files)
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        name = names[number % len(names)]
        content = bytearray(files[name])
        for _ in range(int(generator.integers(1, 5))):
            if content:
                _damage(content, generator, files)
        yield f"{number}-{name}", bytes(content)


def _damage(content: bytearray, generator: np.random.Generator, files: Mapping[str, bytes]) -> None:
    place = int(generator.integers(_reach(content, generator)))
    length = int(generator.integers(1, 64))
    match int(generator.integers(9)):
        case 0 | 1:
            content[place] = int(generator.integers(256))
        case 2:
            content[place] ^= 1 << int(generator.integers(8))
        case 3 | 4:
            # A length or a size, of 2 or 4 bytes, in either order.
            width, order = (2, 4)[int(generator.integers(2))], ("little", "big")[int(generator.integers(2))]
            size = _SIZES[int(generator.integers(len(_SIZES)))] & (256**width - 1)
            content[place : place + width] = size.to_bytes(width, order)  # type: ignore[arg-type]
        case 5:
            del content[place:]
        case 6:
            del content[place : place + length]
        case 7:
            content[place:place] = generator.bytes(length)
        case _:
            other = files[sorted(files)[int(generator.integers(len(files)))]]
            start = int(generator.integers(max(1, len(other) - length)))
            content[place : place + length] = other[start : start + length]


def _reach(content: bytearray, generator: np.random.Generator) -> int:
    """Headers are damaged more often than what follows them."""
    return min(len(content), _HEADER) if generator.random() < 0.6 else len(content)
