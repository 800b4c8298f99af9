"""The app with its gate before it: `python serve.py`, and any option of `streamlit run`.

It listens on this machine alone; with MVM_ADDRESS on another address, and then only with a login.
"""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit import cli_util, config, net_util
from streamlit.web import cli
from streamlit.web.server import server_util

from mvm_core.errors import AccessError
from mvm_core.language import ENGLISH, LANGUAGES
from pages.access import logs
from pages.access.answering import answer_at_once
from pages.access.ending import forget_ended_sessions
from pages.access.gate import Gate
from pages.access.guard import Guard
from pages.access.memory import keep_memory_to_ourselves
from pages.access.provider import provider_in_secrets
from pages.access.serving import serve_with
from pages.access.settings import ADDRESS_VARIABLE, Settings, read_settings
from pages.access.uploads import keep_uploads_in_memory
from pages.access.visits import visits
from pages.components.warming import load_graphs, warm_up


def settings_or_exit() -> Settings:
    """How the app is to be served; ends the program with one sentence where it must not be."""
    listens = config.get_option("server.address") or "0.0.0.0"
    try:
        return read_settings(provider_in_secrets(), {ADDRESS_VARIABLE: listens, **os.environ})
    except AccessError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(2)


def _make_ready() -> None:
    """Read the example of the first look, show it, and load what further pages need.

    Whoever asks meanwhile comes first.
    """
    # Imported here: the server is to stand before the libraries are loaded.
    from pages.components.example import begin, wanted

    stand = bool(os.environ.get("MVM_CHALLENGE"))
    if stand:
        _open_browser("/challenge")
    visits.wait_for_quiet()
    first = begin(ENGLISH) if wanted() else None
    # Beside the example's simulation.
    load_graphs()
    if first is not None:
        # What is wrong with it the page tells.
        first.exception()
    if not stand:
        # No sooner, so that whoever looks finds the example finished.
        _open_browser("")
    warm_up(visits.wait_for_quiet)
    if wanted():
        for spoken in LANGUAGES:
            begin(spoken)


def _open_browser(page: str) -> None:
    if not config.get_option("server.headless"):
        cli_util.open_browser(server_util.get_url("localhost") + page)


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    logs.configure()
    forgetting = asyncio.create_task(forget_ended_sessions())
    # Beside the server, which answers at once.
    threading.Thread(target=_make_ready, name="warm-up", daemon=True).start()
    yield
    forgetting.cancel()


# Streamlit would ask a server on the internet for the address of a machine that serves others.
net_util.get_external_ip = lambda: None

if __name__ == "__main__":
    logs.configure()
    address = settings_or_exit().address
    sys.argv = ["streamlit", "run", __file__, f"--server.address={address}", *sys.argv[1:]]
    cli.main()
else:
    guard = Guard(settings_or_exit())
    serve_with(guard)
    keep_uploads_in_memory()
    keep_memory_to_ourselves()
    answer_at_once()
    app = st.App(
        Path(__file__).with_name("app.py"), lifespan=_lifespan, middleware=[Middleware(Gate, guard=guard)]
    )
