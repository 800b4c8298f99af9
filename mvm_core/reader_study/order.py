"""Orders of reading, drawn by a seed and balanced over readers."""

from collections.abc import Sequence

import numpy as np


def deal(kinds: Sequence[str], hands: int, rng: np.random.Generator) -> list[list[int]]:
    """Deal things into hands at random, so that sizes, and counts of each kind, differ by one at most.

    Parameters
    ----------
    kinds : sequence of str
        Of each thing.
    hands : int
        At least 1.
    rng : numpy Generator

    Returns
    -------
    list of list of int
        Of each hand the places of its things.
    """
    dealt: list[list[int]] = [[] for _ in range(hands)]
    places: list[int] = []
    for kind in sorted(set(kinds)):
        own = np.array([place for place, each in enumerate(kinds) if each == kind])
        places += rng.permutation(own).tolist()
    for turn, place in enumerate(places):
        dealt[turn % hands].append(place)
    return dealt


def latin_rows(size: int) -> list[list[int]]:
    """A Latin square in the form of Williams (Aust J Sci Res A 1949;2:149): each thing once in each column.

    With an even size each thing also comes once right after each other one.
    """
    first = [0]
    for step in range(1, size):
        first.append((first[-1] + (step if step % 2 else -step)) % size)
    return [[(each + row) % size for each in first] for row in range(size)]


def balanced_orders(kinds: Sequence[str], readers: int, rng: np.random.Generator) -> list[list[int]]:
    """Draw an order of the cases for each reader, early and late shared out evenly.

    The cases are dealt into as many blocks as there are readers, each with its share of every kind; the
    blocks follow each other as in a Latin square, and within a block each reader has an order of his own. So
    how often a case is read in the first part of a list, and in any other, differs by one at most.

    Parameters
    ----------
    kinds : sequence of str
        Of each case, such as its truth.
    readers : int
        At least 1.
    rng : numpy Generator

    Returns
    -------
    list of list of int
        Of each reader the places of the cases, all of them.
    """
    blocks = deal(kinds, max(1, min(readers, len(kinds))), rng)
    rows = latin_rows(len(blocks))
    chosen = rng.permutation(len(rows)).tolist()
    return [
        [
            place
            for block in rows[chosen[reader % len(rows)]]
            for place in rng.permutation(np.array(blocks[block], int)).tolist()
        ]
        for reader in range(readers)
    ]
