"""Leaves the page when nobody has touched it for some time: no film stays on a screen that is left alone."""

import streamlit as st

from mvm_core.language import gettext
from pages.access.permission import may_change, user
from pages.access.serving import guard

_JS = """
export default function ({ data, parentElement }) {
  const way = parentElement.querySelector("a");
  way.href = new URL("logout", document.baseURI).href;
  way.textContent = data.leave;
  parentElement.querySelector("span").textContent = data.who;
  // one watch a window, however often the page is drawn
  if (window.mvmIdle) return;
  const at = (name) => new URL(name, document.baseURI).href;
  let seen = Date.now(), told = 0;
  const touched = () => {
    seen = Date.now();
    if (seen - told < Math.min(30000, data.seconds * 250)) return;
    told = seen;
    fetch(at("alive"), { method: "POST" }).catch(() => {});
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"])
    window.addEventListener(kind, touched, { passive: true, capture: true });
  window.mvmIdle = setInterval(() => {
    if (Date.now() - seen >= data.seconds * 1000) location.replace(at("logout?ended=1"));
  }, 1000);
}
"""

_HTML = '<div class="who"><span></span> <a href="logout"></a></div>'
_CSS = ".who { text-align: right; font-size: 14px; color: #c3c9cf; } a { color: #5cc8b4; margin-left: 12px; }"

_idle = st.components.v2.component("mvm_idle", html=_HTML, css=_CSS, js=_JS)


def leave_when_idle() -> None:
    """Show who is logged in, and watch for signs of them; nothing where nobody logs in."""
    gate = guard()
    if gate is not None and gate.settings.asks_for_login:
        if may_change():
            who = gettext("{name}, reader", name=user())
        else:
            who = gettext("{name}, viewer: looks, and changes nothing", name=user())
        _idle(
            key="idle",
            data={"seconds": gate.settings.idle_s, "who": who, "leave": gettext("Log out")},
        )
