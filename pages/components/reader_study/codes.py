"""Whose code it is that somebody gives; whoever guesses is made to wait, as at the login."""

import hmac

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mvm_core.errors import ReaderStudyError
from mvm_core.language import gettext
from mvm_core.reader_study.plan import StudyPlan, StudyReader
from pages.access.logs import log
from pages.access.permission import user
from pages.access.sessions import Failures

_failures = Failures()
"""Of all sessions of this process."""


def owner_of(plan: StudyPlan, code: str) -> StudyReader | None:
    """The reader whose code it is; None for the organiser's.

    Raises
    ------
    ReaderStudyError
        If it is nobody's, or too many wrong ones were given in this window or from this address.
    """
    who, address = _window(), st.context.ip_address or ""
    if _failures.is_locked(who, address):
        log("study code refused", reason="too many failures")
        raise ReaderStudyError(
            gettext("This code"),
            gettext("too many wrong ones were given"),
            gettext("wait 15 minutes, or ask the organiser for yours"),
        )
    given = code.strip().encode()
    # all codes are compared, so that the time tells nothing
    owners = [each for each in plan.readers if hmac.compare_digest(given, each.code.encode())]
    organises = hmac.compare_digest(given, plan.organiser_code.encode())
    if not owners and not organises:
        _failures.count(who, address)
        log("study code refused", reason="nobody's code")
        raise ReaderStudyError(
            gettext("This code"),
            gettext("it is nobody's"),
            gettext("give the one that the organiser gave you"),
        )
    _failures.forget(who)
    return None if organises else owners[0]


def _window() -> str:
    """Who is logged in, else this window: its wrong codes are counted together."""
    context = get_script_run_ctx()
    return user() or (context.session_id if context is not None else "")
