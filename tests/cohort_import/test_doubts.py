"""Doubts of an import, told again in the language of who settles them."""

from pathlib import Path

import pytest
from catalogue import marked_in

from mvm_core import cohort_import
from mvm_core.cohort_import.doubts import DOUBTS, in_language
from mvm_core.language import TAIWAN, catalogue, speaking

EXAMPLES = {"days": 12, "count": 3, "level": "T12", "view": "lateral", "probability": 0.37}


def test_every_doubt_that_is_noted_can_be_told_again() -> None:
    folder = Path(cohort_import.__file__).parent
    noted = {
        texts[0]
        for name in ("meaning.py", "matching.py", "taking.py")
        for texts in marked_in((folder / name).read_text())
    }
    assert noted == set(DOUBTS)


@pytest.mark.parametrize("english", DOUBTS)
def test_a_doubt_is_told_in_chinese_with_its_values(english: str) -> None:
    noted = english.format(**EXAMPLES)
    with speaking(TAIWAN):
        expected = catalogue(TAIWAN)[english].format(**{**EXAMPLES, "view": "側面 (lateral)"})
        assert in_language(noted) == expected
        assert in_language(f"{noted}; something else") == f"{expected}; something else"
    assert in_language(noted) == noted
