"""How long a reader is without pointer and key, told by the browser now and then."""

import math
import time

import streamlit as st

from mvm_core.reader_study.answer import Clock
from pages.components.reader_study.setting import UnderWay

IDLE_AFTER_S = 30

_JS = """
export default function ({ data, setStateValue }) {
  const state = (window.mvmStudyClock ??= { name: "", last: 0, idle: 0 });
  if (state.name !== data.name) Object.assign(state, { name: data.name, last: performance.now(), idle: 0 });
  const settle = () => {
    const now = performance.now(), gone = now - state.last;
    if (gone > data.after * 1000) state.idle += gone;
    state.last = now;
  };
  if (!state.listens) {
    state.listens = true;
    for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"])
      window.addEventListener(kind, settle, { passive: true, capture: true });
  }
  clearInterval(state.timer);
  state.timer = setInterval(() => {
    const gone = performance.now() - state.last;
    setStateValue("idle", Math.round(state.idle + (gone > data.after * 1000 ? gone : 0)) / 1000);
  }, data.every * 1000);
  return () => clearInterval(state.timer);
}
"""

_clock = st.components.v2.component("mvm_study_clock", js=_JS)


def watch(name: str, every_s: float = 10.0) -> None:
    """Let the browser tell how long nobody has touched it, every so many seconds.

    Parameters
    ----------
    name : str
        Of this reading; another name begins anew.
    every_s : float
    """
    _clock(
        key="study-clock",
        data={"name": name, "after": IDLE_AFTER_S, "every": every_s},
        on_idle_change=lambda: None,
    )


def so_far(shown: UnderWay) -> Clock:
    """The clock of the reading that is shown, what went before an interruption included."""
    own = max(0.0, time.time() - shown.since)
    kept = st.session_state.get("study-clock")
    idle = getattr(kept, "idle", None) if kept is not None else None
    idle_s = float(idle) if isinstance(idle, int | float) and math.isfinite(idle) else 0.0
    before = shown.before
    return Clock(before.seconds + own, before.idle_seconds + min(max(0.0, idle_s), own), before.interruptions)
