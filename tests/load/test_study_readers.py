"""Three readers of a study at once; `python tests/load/study_readers.py` lets twenty come."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from study_readers import crowd


def test_readers_at_once_each_keep_their_own_answers() -> None:
    found = crowd(3)
    assert found["wrong"] == []
    assert found["answers"] == 3 * 8
