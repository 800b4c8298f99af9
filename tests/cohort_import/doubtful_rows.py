"""A cohort with doubtful rows, written by hand."""

from pathlib import Path

import cv2
import numpy as np

from mvm_core.cohort_import.previews import FilmToChoose, FoundVertebra
from mvm_core.cohort_import.settled import Doubtful, write_doubtful
from mvm_core.files import write_atomically
from mvm_core.radiograph import View

LEVELS = ("L1", "L2", "L3", "L4")


def write_doubtful_cohort(folder: Path) -> Path:
    """Three rows: a level not found on one film, three films of one view, and no film at all."""
    import json
    from dataclasses import asdict

    films = {
        "one": [_film("aaaa", View.AP, 100), _film("bbbb", View.LATERAL, 120, without="L2")],
        "two": [_film("cccc", View.AP, 90), _film("dddd", View.AP, 110), _film("eeee", View.AP, 95, days=9)],
    }
    rng = np.random.default_rng(0)
    for case, own in films.items():
        for film in own:
            grey = rng.integers(30, 90, (450, 200)).astype(np.uint8)
            for each in film.vertebrae:
                x0, y0, x1, y1 = (int(value * film.scale) for value in each.box)
                grey[y0:y1, x0:x1] += 100
            picture = folder / f"doubtful/{case}-{film.film}.png"
            write_atomically(picture, cv2.imencode(".png", grey)[1].tobytes())
        told = [{**asdict(film), "picture": f"doubtful/{case}-{film.film}.png"} for film in own]
        write_atomically(folder / f"doubtful/{case}.json", json.dumps(told).encode())
    (folder / ".import").mkdir()
    one, two = (
        Doubtful(2, "one", "L2", "mvm", "L2 is not found on the lateral film", "", "100.0 200.0 180.0 260.0",
                 "", ap_film="aaaa", lateral_film="bbbb"),
        Doubtful(3, "two", "L2", "bvf", "3 films of one view are in the study", "", "", ""),
    )  # fmt: skip
    three = Doubtful(4, "three", "L1", "mvm", "no study of this patient or number is there", "", "", "")
    write_doubtful(folder, [one, two, three])
    return folder


def _film(name: str, view: View, left: float, without: str = "", days: int = 0) -> FilmToChoose:
    vertebrae = tuple(
        FoundVertebra(level, 0.4 + 0.1 * at, (left, 130.0 + 70 * at, left + 80, 190.0 + 70 * at))
        for at, level in enumerate(LEVELS)
        if level != without
    )
    return FilmToChoose(name, 1, days, view.value, 0, "", 0.5, vertebrae)
