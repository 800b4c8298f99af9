"""A reader in a process of its own, to be killed: says each answer after the store has locked it."""

import sys
from pathlib import Path

from mvm_core.reader_study.answer import Answer, Clock
from mvm_core.reader_study.plan import AIDED
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file


def main(path: str, reader: str) -> None:
    """Read on from where the reader is until nothing is left."""
    store = Store.open(read_study_file(Path(path)), "w1")
    sitting = store.sit(reader, take_over=True)
    while (reading := store.next_reading(reader)) is not None:
        store.show(sitting, reading)
        said = Answer(float(reading.place % 101))
        store.give(sitting, reading, said, Clock(0.5), 0.25 if reading.modality == AIDED else None)
        print(reading.place, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
