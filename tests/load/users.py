"""Users of the app, each in a process of its own that loads no more than a client does."""

import json
import time
from collections.abc import Sequence
from typing import Any

from client import Session

STARTS_WITHIN_S = 300
"""All processes that come at once."""

_PATIENT_S = 500


def key(level: str | None, probabilities: dict[str, float]) -> str:
    """A reading in one line: the level and the probability of each model."""
    return f"{level}: " + ", ".join(f"{name} {probabilities[name]:.4f}" for name in sorted(probabilities))


def user(address: str, number: int, files: Sequence[tuple[str, bytes]], together: Any, answers: Any) -> None:
    """Open the page when all are there, drop a pair under names of their own, take the JSON home."""
    together.wait(STARTS_WITHIN_S)
    began = time.monotonic()
    session = Session(address)
    session.open(timeout=_PATIENT_S)
    stood = time.monotonic()
    own = [(f"user{number}_{name}", content) for name, content in files]
    shown = session.upload(own, timeout=_PATIENT_S)
    read = time.monotonic()
    document = json.loads(session.download("JSON")) if "JSON" in shown.downloads else {}
    found = {name: each["probability_mvm"] for name, each in document.get("readings", {}).items()}
    answers.put(
        {
            "number": number,
            "said": key(document.get("level"), found) if document else "; ".join(shown.texts)[-300:],
            "films": document.get("provenance", {}).get("cohort", ""),
            "page_s": stood - began,
            "reading_s": read - stood,
            "told_to_wait": len(shown.toasts),
        }
    )
    session.close()


def hostile_user(address: str, files: Sequence[tuple[str, bytes]], together: Any, answers: Any) -> None:
    """Drop a file that takes a decoder for ever, and leave before the answer."""
    together.wait(STARTS_WITHIN_S)
    session = Session(address)
    session.open(timeout=_PATIENT_S)
    session.drop(files)
    time.sleep(1)
    session.close()
    answers.put(None)
