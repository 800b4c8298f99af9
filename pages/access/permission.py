"""What the pages ask of the gate: whether anybody is logged in, and what they may do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st
from streamlit import config

from mvm_core.errors import AccessError
from mvm_core.language import gettext, gettext_noop
from pages.access.accounts import Role
from pages.access.gate import REQUEST_HEADER, ROLE_HEADER, USER_HEADER
from pages.access.serving import guard
from pages.access.settings import is_local, read_settings

_CHANGED_NOTHING = (
    gettext_noop("Your account"),
    gettext_noop("it may look at films, and change nothing"),
    gettext_noop("ask for the role of a reader"),
)


def only_after_login() -> None:
    """Stop the page where nobody is logged in though they should be: the gate was left out, or passed by."""
    gate = guard()
    if gate is None:
        told = _obstacle_without_gate()
    elif gate.settings.asks_for_login and _header(ROLE_HEADER) is None:
        told = gettext("Log in first.")
    else:
        return
    if told:
        st.error(told)
        st.stop()


def _obstacle_without_gate() -> str:
    """Why the pages must not be shown by Streamlit alone; empty where they may."""
    start = "start the app with make app, which asks for it"
    try:
        asks = read_settings(None).asks_for_login
    except AccessError as error:
        return str(error)
    if asks:
        return str(AccessError("This app", "a login is asked for, and Streamlit alone asks for none", start))
    if not is_local(config.get_option("server.address") or "0.0.0.0"):
        return str(
            AccessError("This app", "other machines reach it, and nothing asks them for a login", start)
        )
    return ""


def may_change() -> bool:
    """Whether the user may give films and change what is drawn on them."""
    gate = guard()
    return gate is None or not gate.settings.asks_for_login or _header(ROLE_HEADER) == Role.READER


def user() -> str | None:
    """Who is logged in; None without a login."""
    return _header(USER_HEADER)


def request_id() -> str | None:
    """What the log calls the connection of this session."""
    return _header(REQUEST_HEADER)


def for_readers(function: Callable[..., None]) -> Callable[..., None]:
    """Let a callback do nothing, and say so, for one who may not change anything."""

    @wraps(function)
    def asked(*args: Any, **more: Any) -> None:
        if may_change():
            function(*args, **more)
        else:
            st.session_state["study_error"] = AccessError(*map(gettext, _CHANGED_NOTHING))

    return asked


def _header(name: str) -> str | None:
    # Without a gate nobody vouches for what the browser says of itself.
    return st.context.headers.get(name) if guard() is not None else None
