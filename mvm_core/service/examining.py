"""What an app asks of the service: an `Examination` whole, of films that the app has decoded."""

from dataclasses import replace
from typing import Any

import numpy as np

from mvm_core.examination import Examination, Examiner
from mvm_core.imaging import MAX_PIXELS
from mvm_core.language import LANGUAGES, speaking
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.service.answers import RefusalError
from mvm_core.service.wire import WireError, pack, unpack
from mvm_core.spine import LEVELS, Spine

PATH = "/v1/examine"
KIND = "application/x-npz"
_REFUSED = "The films cannot be read as they were sent; run the same version in the app and in the service."


def question(pair: FilmPair, spines: dict[View, Spine] | None, level: str | None, language: str) -> bytes:
    """What is sent for the arguments of `Examiner.examine`, and a language of `LANGUAGES`."""
    return pack({"pair": pair, "spines": dict(spines or {}), "level": level, "language": language})


def answer_of(content: bytes, pair: FilmPair) -> Examination:
    """The examination that came back; its films are those that were sent, their pixels never come back.

    Raises
    ------
    WireError
        If it is none.
    """
    found = unpack(content)
    if not isinstance(found, Examination):
        raise WireError("it is no examination")
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
        """The examination, without its films' pixels.

        Raises
        ------
        MvmError
            See `Examiner.examine`.
        RefusalError
            If the request is not one that `question` made.
        """
        try:
            asked = unpack(self._content)
        except WireError:
            raise RefusalError(400, _REFUSED) from None
        if not _is_right(asked):
            raise RefusalError(400, _REFUSED)
        with speaking(asked["language"]):
            found = examiner.examine(asked["pair"], asked["spines"], asked["level"])
        nothing = np.zeros((1, 1), np.float32)
        bare = {view: replace(film, pixels=nothing) for view, film in found.pair.films.items()}
        pair = replace(found.pair, ap=bare.get(View.AP), lateral=bare.get(View.LATERAL))
        return pack(replace(found, pair=pair))


def _is_right(asked: Any) -> bool:
    if not isinstance(asked, dict) or set(asked) != {"pair", "spines", "level", "language"}:
        return False
    pair, spines = asked["pair"], asked["spines"]
    if not isinstance(pair, FilmPair) or not pair.films or not isinstance(spines, dict):
        return False
    return (
        all(_is_film(film) for film in pair.films.values())
        and all(isinstance(box, Box) for box in pair.boxes.values())
        and all(isinstance(view, View) and isinstance(spine, Spine) for view, spine in spines.items())
        and (asked["level"] is None or asked["level"] in LEVELS)
        and asked["language"] in LANGUAGES
    )


def _is_film(film: Any) -> bool:
    if not isinstance(film, Radiograph):
        return False
    pixels = film.pixels
    return pixels.dtype == np.float32 and pixels.ndim == 2 and 0 < pixels.size <= MAX_PIXELS
