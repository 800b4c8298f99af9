"""Readings as `predict --json` tells them, cut short, and what films say of their patient."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SECRET = b"the secret of the tests' own site"
ENVIRONMENT = {"MVM_DATABASE_SECRET": SECRET.decode()}


def document(probability: float = 0.7, zone: str = "MVM likely", level: str = "L2") -> dict[str, Any]:
    return {
        "notice": "Weights trained on simulated films; not a medical device.",
        "weights": "c158d3bd1a93",
        "films": {"ap": {"name": "Chen Mei-Ling ap.dcm", "rows": 10, "columns": 10}},
        "leading": "all-views",
        "readings": {
            "all-views": {"probability_mvm": probability, "zone": zone, "logit": None},
            "ap": {"probability_mvm": probability / 2, "zone": zone, "logit": 0.1},
        },
        "missing": {},
        "warnings": ["Chen Mei-Ling ap.dcm: the film is cut."],
        "concerns": [{"name": "cut", "film": "Chen Mei-Ling ap.dcm"}],
        "level_in_question": level,
        "levels": [{"level": level, "probability_disease": 0.9, "zone": zone}],
    }


def film(seed: int) -> NDArray[np.float32]:
    """Grey values that no picture format makes small."""
    return np.random.default_rng(seed).random((60, 40), np.float32)


def marks(patient: str, study: str = "1.2.3") -> dict[str, bytes]:
    return {"PatientID": patient.encode(), "StudyInstanceUID": study.encode()}


def keep_many(url: str, count: int, name: str) -> None:
    """A writer as a process of its own; tells each case that was kept."""
    from mvm_core.records import RecordSettings
    from mvm_core.records.case import Statement
    from mvm_core.records.record import open_record

    record = open_record(RecordSettings(url, SECRET))
    print("ready", flush=True)
    for number in range(count):
        case = record.keep(document(), name, Statement(), marks(f"{name}-{number % 3}"))
        print(case, flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    keep_many(sys.argv[1], int(sys.argv[2]), sys.argv[3])
