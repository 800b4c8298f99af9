"""Two pictures of one film, one uncovered from over the other by a handle."""

import base64

import streamlit as st

from pages.components.pictures import Picture, encode

_HTML = (
    '<div class="swipe"><img class="below" alt=""><img class="above" alt=""><div class="line"></div></div>'
    + ('<input type="range" min="0" max="100" value="50" aria-label="Share shown with evidence">')
)
_CSS = """
.swipe { position: relative; line-height: 0; }
.swipe img { width: 100%; }
.swipe .above { position: absolute; inset: 0; clip-path: inset(0 50% 0 0); }
.swipe .line { position: absolute; top: 0; bottom: 0; left: 50%; width: 2px; background: #fff; }
input { width: 100%; margin: 6px 0 0; accent-color: var(--st-primary-color); }
"""
_JS = """
export default function ({ data, parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  find(".below").src = data.below;
  find(".above").src = data.above;
  find(".below").alt = `${data.label}, film alone`;
  find(".above").alt = `${data.label}, with its evidence`;
  const slider = find("input");
  const show = () => {
    find(".above").style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
    find(".line").style.left = `${slider.value}%`;
  };
  slider.oninput = show;
  show();
}
"""

_swipe = st.components.v2.component("mvm_swipe", html=_HTML, css=_CSS, js=_JS)


def swipe(label: str, below: Picture, above: Picture, key: str) -> None:
    """Show `above` over `below`, up to a line that the user moves; both of one shape."""
    _swipe(key=key, data={"label": label, "below": _address(below), "above": _address(above)})


def _address(picture: Picture) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(encode(picture)).decode()
