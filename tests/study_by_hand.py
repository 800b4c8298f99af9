"""A reader study of two readers over a handful of small made films, and its answers."""

from pathlib import Path

import cv2
import numpy as np

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.models import Reader
from mvm_core.reader_study.answer import Answer, Clock
from mvm_core.reader_study.plan import AIDED
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file

CHIEF, CODES = "chief-code", ("code-0", "code-1")


def write_study(folder: Path, each: int = 6) -> Path:
    """Write the study file beside its cohort; so many cases of each kind, and one of each to practise."""
    cohort = folder / "cohort"
    cohort.mkdir(parents=True)
    grey = cv2.GaussianBlur(np.random.default_rng(2).integers(0, 255, (400, 260), np.uint8), (0, 0), 3)
    (cohort / "film.png").write_bytes(cv2.imencode(".png", grey)[1].tobytes())
    rows = [
        f"c{number:03d},a,test,{label},,L2,70,F,simulated,film.png,,90 160 170 230,"
        for number, label in enumerate(["mvm"] * (each + 1) + ["bvf"] * (each + 1))
    ]
    (cohort / "manifest.csv").write_text("\n".join([",".join(MANIFEST_COLUMNS), *rows]))
    people = "".join(f'[[readers]]\nname = "R{place}"\ncode = "{code}"\n' for place, code in enumerate(CODES))
    path = folder / "study.toml"
    path.write_text(
        f'title = "Trial"\nseed = 5\norganiser_code = "{CHIEF}"\ndesign = "unaided-then-aided"\n'
        'questions = ["level", "probability", "sign"]\n'
        f'[cases]\nfolder = "cohort"\nmvm = {each}\nbvf = {each}\n[practice]\nmvm = 1\nbvf = 1\n{people}'
    )
    return path


def answer_all(path: Path) -> None:
    """Every reader answers what is left, aided a little nearer to the truth."""
    plan = read_study_file(path)
    store, rng = Store.open(plan, Reader.open().weights.identity), np.random.default_rng(3)
    for reader in plan.readers:
        sitting = store.sit(reader.name, take_over=True)
        while (reading := store.next_reading(reader.name)) is not None:
            store.show(sitting, reading)
            positive, aided = plan.case(reading.case_id).case.label == "mvm", reading.modality == AIDED
            said = float(np.clip(50 + (15 if positive else -15) * (1 + aided) + rng.normal(0, 20), 0, 100))
            advice = (0.8 if positive else 0.2) if aided else None
            answer = Answer(round(said), "L2", bool(rng.random() < 0.5))
            store.give(sitting, reading, answer, Clock(0.1 + rng.random()), advice)
        store.leave(sitting)
    store.engine.dispose()
