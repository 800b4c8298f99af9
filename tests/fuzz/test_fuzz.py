"""Damaged and hostile files end in a film or in one sentence, in time and within memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mvm_core.imaging import film
from tests.fuzz.attempt import attempt
from tests.fuzz.mutation import damaged
from tests.fuzz.seeds import seeds

ROOT = Path(__file__).resolve().parents[2]
FILES = 2000
HAND_MADE = 45
"""At least."""


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    """Of a process of its own, so that its memory is that of reading alone."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--files", str(FILES), "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr[-3000:]
    return json.loads(done.stdout)


def test_nothing_but_films_and_sentences_comes_of_hostile_files(outcome: dict[str, Any]) -> None:
    assert outcome["wrong"] == []
    assert outcome["films"] + outcome["refused"] >= FILES + HAND_MADE
    # The damage is neither so slight that all is read nor so great that nothing is.
    assert outcome["films"] > FILES / 10
    assert outcome["refused"] > FILES / 10


def test_memory_stays_bounded(outcome: dict[str, Any]) -> None:
    assert outcome["peak_mb"] < 1024
    assert outcome["decoder_peak_mb"] <= 1024


def test_other_exceptions_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the whole test stands on: plant an exception and see it told."""
    monkeypatch.setattr(film, "read_raster", lambda content, name: list(content[:0])[1])
    files = seeds()
    found = attempt(iter([("grey.png", files["grey.png"]), ("CT_small.dcm", files["CT_small.dcm"])]))
    assert found.films == 1
    assert found.wrong == ["grey.png: IndexError: list index out of range"]


def test_damage_is_the_same_for_a_seed() -> None:
    files = seeds()
    assert list(damaged(files, 40, seed=3)) == list(damaged(files, 40, seed=3))
    assert list(damaged(files, 40, seed=3)) != list(damaged(files, 40, seed=4))
    assert len({name.split("-", 1)[1] for name, _ in damaged(files, len(files), seed=3)}) == len(files) > 80
