"""How long a reader has a case's films in sight, measured by the browser to a tenth of a second.

Films and questions are covered unless the browser's clock has begun for them, and while it stands still.
"""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from mvm_core.language import gettext
from mvm_core.reader_study.answer import Clock
from mvm_core.reader_study.plan import StudyPlan
from pages.components.reader_study.setting import UnderWay

FILMS, ASKED = "study-films", "study-asked"
"""Keys of the containers that are covered."""

_KEY = "study-clock"
_EVERY_S = 5.0
_HERE = Path(__file__).parent
_clock = st.components.v2.component(
    "mvm_study_clock",
    html=(
        '<div class="clock"><span class="told" role="status"></span>'
        '<button type="button" hidden></button></div>'
    ),
    css=(_HERE / "clock.css").read_text(encoding="utf-8"),
    js=(_HERE / "clock.js").read_text(encoding="utf-8"),
)


def cover(name: str) -> None:
    """Cover films and questions until the browser's clock runs for the reading of this name."""
    st.html(
        f"<style>.st-key-{FILMS}, .st-key-{ASKED} {{ visibility: hidden; }} "
        f'html[data-study-films="{name}"] .st-key-{FILMS}, '
        f'html[data-study-asked="{name}"] .st-key-{ASKED} {{ visibility: visible; }} '
        # labels of questions say of themselves that they are to be seen
        f'html:not([data-study-asked="{name}"]) .st-key-{ASKED} * {{ visibility: hidden !important; }}'
        "</style>"
    )


def watch(plan: StudyPlan, shown: UnderWay, lock_key: str) -> None:
    """Let the browser measure how long the films of a reading are in sight, and tell it now and then.

    Parameters
    ----------
    plan : StudyPlan
    shown : UnderWay
    lock_key : str
        Of the button whose press ends the time.
    """
    _clock(
        key=_KEY,
        data={
            "name": shown.name,
            "seconds": shown.before.seconds,
            "idle": shown.before.idle_seconds,
            "longest": plan.longest_s if math.isfinite(plan.longest_s) else None,
            "after": plan.idle_after_s,
            "every": _EVERY_S,
            "locks": f"st-key-{lock_key}",
            "words": {
                "coming": gettext("The films are coming."),
                "paused": gettext("Paused: the films are covered, and the clock stands still."),
                "over": gettext("The time for this case is over; answer by what you have seen."),
                "left": gettext("{seconds} s left for this case."),
                "pause": gettext("Pause"),
                "goOn": gettext("Go on"),
            },
        },
        on_clock_change=lambda: None,
    )


def so_far(shown: UnderWay, *, pressed: bool = False) -> Clock:
    """The clock of the reading that is shown, what went before an interruption included.

    Parameters
    ----------
    shown : UnderWay
    pressed : bool
        Whether the time is wanted at which the answer's button was pressed last.
    """
    told = _told(shown.name)
    if told is None and not pressed:
        # the films have not come up yet
        return shown.before
    if told is None:
        # a browser without a clock; no more can have gone by than since this window was given the case
        own = max(0.0, time.time() - shown.since)
        return Clock(shown.before.seconds + own, shown.before.idle_seconds, shown.before.interruptions)
    at = told["pressed"] if pressed and told["pressed"] is not None else told
    seconds = max(shown.before.seconds, at["seconds"])
    return Clock(seconds, min(at["idle"], seconds), shown.before.interruptions + told["pauses"])


def _told(name: str) -> dict[str, Any] | None:
    """What the browser says of this reading, checked like any other input."""
    sent = (st.session_state.get(_KEY) or {}).get("clock")
    if not isinstance(sent, Mapping) or sent.get("name") != name:
        return None
    at, pauses, pressed = _times(sent), sent.get("pauses"), sent.get("pressed")
    if at is None or not isinstance(pauses, int) or pauses < 0:
        return None
    return {**at, "pauses": pauses, "pressed": _times(pressed) if isinstance(pressed, Mapping) else None}


def _times(sent: Mapping[str, Any]) -> dict[str, float] | None:
    found = {name: sent.get(name) for name in ("seconds", "idle")}
    if not all(
        isinstance(each, int | float) and math.isfinite(each) and each >= 0 for each in found.values()
    ):
        return None
    return {name: float(each) for name, each in found.items()}  # type: ignore[arg-type]
