"""A challenge of four cases made by hand: small even films, three vertebrae, known answers of the model."""

from pathlib import Path

import cv2
import numpy as np

from mvm_core.challenge.case import Case, Challenge, ChallengeFilm, ModelAnswer, write_challenge
from mvm_core.radiograph import View

LEVELS = ("L1", "L2", "L3")
LABELS = ("mvm", "bvf", "mvm", "bvf")
MODEL = (0.9, 0.2, 0.6, 0.7)
WEIGHTS = "ab" * 32
NOTICE = "Weights trained on simulated films; not a medical device."
ROWS, COLUMNS = 300, 210


def square(place: int) -> tuple[tuple[float, float], ...]:
    """Corners of the vertebra at a place from above, 60 pixels wide and 50 tall."""
    top = 60.0 + 60.0 * place
    return ((75.0, top), (135.0, top), (135.0, top + 50), (75.0, top + 50))


def write_by_hand(folder: Path, *, timed: bool = False) -> Challenge:
    """Write the challenge and read it again; the diseased level is L2 throughout."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for number, (label, probability) in enumerate(zip(LABELS, MODEL, strict=True), start=1):
        films = []
        for view in View:
            grey = np.full((ROWS, COLUMNS), 40 * number, np.uint8)
            name = f"case_{number:02d}_{view}_made.jpg"
            (folder / name).write_bytes(cv2.imencode(".jpg", grey)[1].tobytes())
            films.append(
                ChallengeFilm(
                    view=view,
                    picture=name,
                    rows=ROWS,
                    columns=COLUMNS,
                    vertebrae=tuple((level, square(place)) for place, level in enumerate(LEVELS)),
                    lesion=(square(1),),
                    region=(45.0, 85.0, 120.0),
                    evidence=((1.0, -1.0), (0.5, 2.0)),
                    evidence_region=(45.0, 85.0, 120.0),
                )
            )
        model = ModelAnswer(
            "all-views",
            probability,
            "L2" if number < 4 else "L3",
            "MVM likely",
            ("L2",) if number < 4 else (),
        )
        cases.append(
            Case(
                number=number,
                label=label,
                level="L2",
                diseased=("L2", "L1") if number == 3 else ("L2",),
                kind="lytic" if label == "mvm" else "wedge",
                genant=0 if label == "mvm" else 1,
                signs=("lytic",) if label == "mvm" else ("collapse",) if number == 2 else (),
                age=70,
                sex="F",
                levels=LEVELS,
                films=tuple(films),
                model=model,
            )
        )
    about = {
        "kind": "mixed",
        "seed": 1,
        "patient_seed": 123,
        "timed": timed,
        "weights": WEIGHTS,
        "notice": NOTICE,
        "passed_over": 0,
    }
    return write_challenge(folder, about, tuple(cases))
