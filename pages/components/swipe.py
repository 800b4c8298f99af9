"""Two pictures of one film, one uncovered from over the other by a handle."""

import base64

import streamlit as st

from mvm_core.language import gettext
from pages.components.pictures import Picture, encode

_HTML = (
    '<div class="swipe"><img class="below" alt=""><img class="above" alt=""><div class="line"></div></div>'
    + ('<input type="range" min="0" max="100" value="50">')
)
_CSS = """
.swipe { position: relative; line-height: 0; cursor: ew-resize; touch-action: pan-y; user-select: none; }
.swipe img { pointer-events: none; }
.swipe img { width: 100%; }
.swipe .above { position: absolute; inset: 0; clip-path: inset(0 50% 0 0); }
.swipe .line { position: absolute; top: 0; bottom: 0; left: 50%; width: 4px; margin-left: -2px;
  background: #fff; }
.swipe .line::after { content: ""; position: absolute; top: 50%; left: 50%; width: 26px; height: 26px;
  margin: -13px; border-radius: 50%; border: 3px solid #fff; background: rgba(11, 13, 15, 0.6); }
input { width: 100%; margin: 6px 0 0; accent-color: var(--st-primary-color); }
"""
_JS = """
export default function ({ data, parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  find(".below").src = data.below;
  find(".above").src = data.above;
  find(".below").alt = data.alone;
  find(".above").alt = data.with_evidence;
  const slider = find("input");
  slider.ariaLabel = data.share;
  const show = () => {
    find(".above").style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
    find(".line").style.left = `${slider.value}%`;
  };
  slider.oninput = show;
  // the line is dragged on the picture itself
  const area = find(".swipe");
  const follow = (event) => {
    const whole = area.getBoundingClientRect();
    slider.value = Math.round((100 * (event.clientX - whole.left)) / whole.width);
    show();
  };
  let held = false;
  area.onpointerdown = (event) => {
    held = true;
    area.setPointerCapture(event.pointerId);
    follow(event);
    event.preventDefault();
  };
  area.onpointermove = (event) => held && follow(event);
  area.onpointerup = area.onpointercancel = () => (held = false);
  show();
}
"""

_swipe = st.components.v2.component("mvm_swipe", html=_HTML, css=_CSS, js=_JS)


def swipe(label: str, below: Picture, above: Picture, key: str) -> None:
    """Show `above` over `below`, up to a line that the user moves; both of one shape."""
    _swipe(key=key, data={**_words(label), "below": _address(below), "above": _address(above)})


def _words(label: str) -> dict[str, str]:
    return {
        "alone": gettext("{label}, film alone", label=label),
        "with_evidence": gettext("{label}, with its evidence", label=label),
        "share": gettext("Share shown with evidence"),
    }


def _address(picture: Picture) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(encode(picture)).decode()
