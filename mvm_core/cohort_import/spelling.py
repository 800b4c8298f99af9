"""One patient or number written in different ways: known again, asked about, and never joined by itself."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping


def folded(said: str) -> str:
    """An identifier without what writers and spreadsheets change in it: ``00a-12`` and ``A12`` fold alike.

    Capitals, width, blanks and punctuation go; so do zeros before the first digit, and the ``.0`` that a
    spreadsheet puts behind a number.
    """
    plain = unicodedata.normalize("NFKC", said).casefold().strip()
    plain = re.sub(r"(?<=\d)\.0+$", "", plain)
    return re.sub(r"[\W_]+", "", plain).lstrip("0") or re.sub(r"[\W_]+", "", plain)


def differently_written(said: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Of identifiers those that others equal but for how they are written, with all ways of writing them."""
    ways: dict[str, dict[str, None]] = defaultdict(dict)
    for each in said:
        if each:
            ways[folded(each)][each] = None
    return {each: tuple(own) for own in ways.values() if len(own) > 1 for each in own}
