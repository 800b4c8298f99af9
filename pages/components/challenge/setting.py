"""Which challenge is played, where its answers are kept, and who plays in this window."""

import os
from pathlib import Path

import streamlit as st

from mvm_core.challenge import Answer, AnswerStore, Challenge, Visitor, read_challenge
from mvm_core.challenge.case import RECORD

CHALLENGE_VARIABLE = "MVM_CHALLENGE"
IDLE_VARIABLE = "MVM_CHALLENGE_IDLE_SECONDS"
_IDLE_S, _LEAST_IDLE_S = 90.0, 2.0
_VISITOR, _CASE, _KIOSK = "visitor", "case", "kiosk"


def challenge_folder() -> Path | None:
    """The folder that the organiser named; None where no challenge is on."""
    named = os.environ.get(CHALLENGE_VARIABLE, "").strip()
    return Path(named) if named else None


def challenge() -> Challenge:
    """The challenge that is on.

    Raises
    ------
    ChallengeError
        If the folder holds none, or a damaged one.
    """
    folder = challenge_folder() or Path()
    record = folder / RECORD
    return _read(str(folder), record.stat().st_mtime_ns if record.is_file() else 0)


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(folder: str, _changed: int) -> Challenge:
    return read_challenge(Path(folder))


def store(playing: Challenge) -> AnswerStore:
    """Where its answers are kept."""
    return AnswerStore(playing.folder, playing.identity)


def kiosk() -> bool:
    """Whether this window stands alone at a stand, which its address says."""
    return st.query_params.get(_KIOSK) == "1"


def idle_seconds() -> float:
    """After how many seconds untouched a kiosk goes back to the start."""
    try:
        return max(_LEAST_IDLE_S, float(os.environ.get(IDLE_VARIABLE, _IDLE_S)))
    except ValueError:
        return _IDLE_S


def visitor(playing: Challenge) -> Visitor | None:
    """Who plays in this window, by its address; None at the start, or once wiped."""
    told = st.query_params.get(_VISITOR)
    return store(playing).visitor(told) if told else None


def was_wiped() -> bool:
    """Whether the address names a visitor; with none found, that one was wiped."""
    return _VISITOR in st.query_params


def number(playing: Challenge, given: tuple[Answer, ...]) -> int:
    """The case that this window shows: never beyond the first without an answer; one more than there are at
    the end.
    """  # noqa: D205
    open_until = min(len(given) + 1, len(playing.cases) + 1)
    try:
        asked = int(st.query_params.get(_CASE, open_until))
    except ValueError:
        asked = open_until
    return max(1, min(asked, open_until))


def begin(playing: Challenge, nickname: str) -> None:
    """Let a visitor in, who plays in this window from now on."""
    came = store(playing).enter(nickname)
    st.query_params[_VISITOR] = came.id
    show_case(1)


def show_case(number: int) -> None:
    """Let this window show a case."""
    st.query_params[_CASE] = str(number)


def leave() -> None:
    """Go back to the start."""
    for name in (_VISITOR, _CASE):
        if name in st.query_params:
            del st.query_params[name]
    for key in [key for key in st.session_state if str(key).startswith("challenge-")]:
        del st.session_state[key]
