"""Sessions at once, and a hostile one beside them; readers at once. `python tests/load` lets twenty come."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import study_readers
from crowd import crowd, expected, varied

from mvm_core.imaging import StudyFile


@pytest.fixture(scope="module")
def cases(dicom_pair: tuple[StudyFile, StudyFile]) -> list[list[tuple[str, bytes]]]:
    return varied([(file.name, file.content) for file in dicom_pair], 2)


def test_sessions_at_once_are_read_rightly_beside_a_hostile_one(cases: list[list[tuple[str, bytes]]]) -> None:
    right = expected(cases)
    assert right[0] != right[1], "pairs that read the same tell no sessions apart"
    said = crowd(cases, right, sessions=4, hostile=1)
    assert said["wrong"] == []
    assert said["memory_mb"]["peak"] < 3000


def test_answers_of_readers_at_once_lie_in_their_readers_names() -> None:
    found = study_readers.crowd(3)
    assert found["wrong"] == []
    assert found["answers"] == 3 * 8
