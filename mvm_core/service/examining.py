"""What an app or a node asks of the service, of films that it has decoded: all that `Examiner` is asked."""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from mvm_core.examination import Examination, Examiner
from mvm_core.imaging import MAX_PIXELS
from mvm_core.language import LANGUAGES, speaking
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.service.answers import RefusalError
from mvm_core.service.wire import WireError, pack, unpack
from mvm_core.spine import LEVELS, Spine

Answer = TypeVar("Answer")

PATH = "/v1/examine"
KIND = "application/x-npz"
_REFUSED = "The films cannot be read as they were sent; run the same version in the app and in the service."


def question(pair: FilmPair, spines: dict[View, Spine] | None, level: str | None, language: str) -> bytes:
    """What is sent for the arguments of `Examiner.examine`, and a language of `LANGUAGES`."""
    return pack({"pair": pair, "spines": dict(spines or {}), "level": level, "language": language})


def question_to_read(pair: FilmPair, language: str) -> bytes:
    """What is sent for `Reader.read`."""
    return pack({"pair": pair, "language": language})


def question_to_find(film: Radiograph, view: View | None, language: str) -> bytes:
    """What is sent for `Finder.find`."""
    return pack({"film": film, "view": view, "language": language})


def answer_as(kind: type[Answer], content: bytes) -> Answer:
    """The reading or the spine that came back.

    Raises
    ------
    WireError
        If it is none.
    """
    found = unpack(content)
    if not isinstance(found, kind):
        raise WireError(f"it is no {kind.__name__}")
    return found


def answer_of(content: bytes, pair: FilmPair) -> Examination:
    """The examination that came back; its films are those that were sent, their pixels never come back.

    Raises
    ------
    WireError
        If it is none.
    """
    found = answer_as(Examination, content)
    films = {
        view: replace(film, pixels=sent.pixels)
        for view, film in found.pair.films.items()
        if (sent := pair.film(view)) is not None
    }
    return replace(found, pair=replace(found.pair, ap=films.get(View.AP), lateral=films.get(View.LATERAL)))


class AskedToExamine:
    """A request of an app, as its bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def answer(self, examiner: Examiner) -> bytes:
        """The examination without its films' pixels, the reading, or the spine.

        Raises
        ------
        MvmError
            See `Examiner.examine`.
        RefusalError
            If the request is not one that a function here made.
        """
        try:
            asked = unpack(self._content)
        except WireError:
            raise RefusalError(400, _REFUSED) from None
        kind = next((name for name, is_right in _RIGHT.items() if is_right(asked)), None)
        if kind is None:
            raise RefusalError(400, _REFUSED)
        with speaking(asked["language"]):
            if kind == "find":
                return pack(examiner.finder.find(asked["film"], asked["view"]))
            if kind == "read":
                return pack(examiner.reader.read(asked["pair"]))
            found = examiner.examine(asked["pair"], asked["spines"], asked["level"])
        nothing = np.zeros((1, 1), np.float32)
        bare = {view: replace(film, pixels=nothing) for view, film in found.pair.films.items()}
        pair = replace(found.pair, ap=bare.get(View.AP), lateral=bare.get(View.LATERAL))
        return pack(replace(found, pair=pair))


def _asks_to_examine(asked: Any) -> bool:
    if not _has(asked, "pair", "spines", "level", "language") or not isinstance(asked["spines"], dict):
        return False
    return (
        _is_pair(asked["pair"])
        and all(isinstance(each, View) and isinstance(own, Spine) for each, own in asked["spines"].items())
        and (asked["level"] is None or asked["level"] in LEVELS)
    )


def _asks_to_read(asked: Any) -> bool:
    return _has(asked, "pair", "language") and _is_pair(asked["pair"])


def _asks_to_find(asked: Any) -> bool:
    view_is_right = _has(asked, "film", "view", "language") and isinstance(asked["view"], View | None)
    return view_is_right and _is_film(asked["film"])


_RIGHT = {"examine": _asks_to_examine, "read": _asks_to_read, "find": _asks_to_find}


def _has(asked: Any, *names: str) -> bool:
    return isinstance(asked, dict) and set(asked) == set(names) and asked["language"] in LANGUAGES


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, FilmPair)
        and bool(pair.films)
        and all(_is_film(film) for film in pair.films.values())
        and all(isinstance(box, Box) for box in pair.boxes.values())
    )


def _is_film(film: Any) -> bool:
    if not isinstance(film, Radiograph):
        return False
    pixels = film.pixels
    return pixels.dtype == np.float32 and pixels.ndim == 2 and 0 < pixels.size <= MAX_PIXELS
