"""Turns: the readings of all sessions, off the pages' threads, each user told how many come first."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from time import perf_counter
from typing import TypeVar

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from mvm_core.errors import AccessError
from mvm_core.inference import while_wanted
from mvm_core.language import gettext, gettext_noop, language, ngettext, speaking
from pages.access.logs import log
from pages.access.permission import request_id

MOST_WAITING = 64
_LOOK_S = 0.1
_SAY_AFTER_S = 0.5

Result = TypeVar("Result")


class Turns:
    """A bounded queue with a few workers.

    Parameters
    ----------
    workers : int
        How many pieces of work run at once.
    most_waiting : int
    """

    def __init__(self, workers: int, most_waiting: int = MOST_WAITING) -> None:
        self._executor = ThreadPoolExecutor(workers, "turn")
        self._most = most_waiting
        self._taken: list[Future] = []
        self._lock = threading.Lock()

    def take(self, work: Callable[[], Result]) -> "Future[Result]":
        """Queue a piece of work; a cancelled future gives its turn away.

        Raises
        ------
        AccessError
            If too many wait.
        """
        with self._lock:
            if len(self._waiting()) >= self._most:
                raise AccessError(
                    gettext("Your films"),
                    gettext("{count} readings of others wait already", count=self._most),
                    gettext_noop("try again in a minute"),
                )
            turn = self._executor.submit(work)
            self._taken.append(turn)
        return turn

    def before(self, turn: Future) -> int | None:
        """How many wait before this one; None where it waits no more."""
        with self._lock:
            waiting = self._waiting()
        return waiting.index(turn) if turn in waiting else None

    def _waiting(self) -> list[Future]:
        self._taken = [turn for turn in self._taken if not turn.done()]
        return [turn for turn in self._taken if not turn.running()]


@cache
def readings() -> Turns:
    """The queue of all readings of this process."""
    return Turns(max(2, os.cpu_count() or 1))


@cache
def simulations() -> Turns:
    """The queue of all simulations: they take longer, and hold up no reading."""
    return Turns(1)


def in_turn(turns: Turns, work: Callable[[], Result], what: str) -> Result:
    """Do a piece of work when its turn comes; until then the page says how many come first.

    Whoever leaves gives the turn away, also while it runs, and the page's thread ends.

    Parameters
    ----------
    turns : Turns
    work : callable
    what : str
        For the log, in a word.

    Raises
    ------
    AccessError
        If too many wait.
    """
    began, said, waited = perf_counter(), None, 0.0
    spoken, left = language(), threading.Event()

    def in_words() -> Result:
        # Another thread does not know what the page's browser asks for.
        with speaking(spoken), while_wanted(lambda: not left.is_set()):
            return work()

    turn = turns.take(in_words)
    while not wait([turn], _LOOK_S).done:
        before = turns.before(turn)
        if before is not None:
            waited = perf_counter() - began
        if not _is_there():
            left.set()
            turn.cancel()
            log(what, outcome="cancelled", waited=round(waited, 2), request=request_id())
            st.stop()
        if before is not None and before != said and waited > _SAY_AFTER_S:
            said = before
            _say(
                ngettext(
                    "Your turn comes after {count} other.",
                    "Your turn comes after {count} others.",
                    before + 1,
                )
            )
    spent = round(perf_counter() - began - waited, 2)
    outcome = "done" if turn.exception() is None else "failed"
    log(what, outcome=outcome, waited=round(waited, 2), seconds=spent, request=request_id())
    return turn.result()


def _is_there() -> bool:
    """Whether the browser of this session is still connected."""
    context = get_script_run_ctx()
    if context is None or not exists():
        return True
    return get_instance().is_active_session(context.session_id)


def _say(text: str) -> None:
    """Show a sentence at once, without ending this run for another that waits: the films would be lost."""
    thread = threading.Thread(target=lambda: st.toast(text))
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    thread.join()
