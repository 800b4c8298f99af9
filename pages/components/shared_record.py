"""The clinic's record as the pages use it, and in whose name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core.language import ngettext
from mvm_core.records.shared import open_shared
from pages.access.permission import user

if TYPE_CHECKING:
    from mvm_core.records.case import KeptCase
    from mvm_core.records.record import Record

_NOBODY = "without login"
_WITH_SIMULATED = "record-with-simulated"


def shared_record() -> "Record":
    """The record that all sessions share.

    Raises
    ------
    DatabaseError
        If it cannot be opened.
    """
    return open_shared()


def who() -> str:
    """Who is logged in, for the record."""
    return user() or _NOBODY


def ask_for_simulated(cases: "Sequence[KeptCase]") -> None:
    """Where the record holds cases of simulated films, ask whether they count; else nothing."""
    count = sum(case.simulated for case in cases)
    if count:
        told = ngettext(
            "Count the {count} case of simulated films too",
            "Count the {count} cases of simulated films too",
            count,
        )
        st.checkbox(told, key=_WITH_SIMULATED, persist_state="session")


def counted(cases: "Sequence[KeptCase]") -> "Sequence[KeptCase]":
    """The cases that count: those of simulated films only where that was asked for."""
    from mvm_core.records.predictions import real

    return cases if st.session_state.get(_WITH_SIMULATED) else real(cases)
