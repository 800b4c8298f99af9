"""A film on which a rectangle is drawn with the pointer."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.components.pictures import Picture, encode

_HTML = '<div class="brush"><img draggable="false" alt=""><div class="box"></div></div>'
_CSS = """
.brush { position: relative; line-height: 0; cursor: crosshair; touch-action: none; user-select: none; }
.brush img { width: 100%; }
.brush .box { position: absolute; outline: 2px dashed #fff; pointer-events: none; }
"""
_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const area = parentElement.querySelector(".brush");
  const image = area.querySelector("img");
  const box = area.querySelector(".box");
  const percent = (share) => `${100 * share}%`;
  const place = ([x0, y0, x1, y1]) =>
    Object.assign(box.style, {
      left: percent(x0), top: percent(y0), width: percent(x1 - x0), height: percent(y1 - y0),
      display: x1 > x0 ? "" : "none",
    });
  const clip = (share) => Math.min(1, Math.max(0, share));
  const at = (event) => {
    const whole = area.getBoundingClientRect();
    const across = (event.clientX - whole.left) / whole.width;
    return [clip(across), clip((event.clientY - whole.top) / whole.height)];
  };
  let start = null;
  const drawn = (event) => {
    const end = at(event);
    const ends = (choose) => [0, 1].map((axis) => choose(start[axis], end[axis]));
    return [...ends(Math.min), ...ends(Math.max)];
  };
  image.src = data.picture;
  image.alt = data.label;
  place(data.box);
  area.onpointerdown = (event) => {
    start = at(event);
    area.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  area.onpointermove = (event) => {
    if (start) place(drawn(event));
  };
  area.onpointerup = (event) => {
    if (!start) return;
    const corners = drawn(event);
    start = null;
    if (corners[2] - corners[0] > 0.01 && corners[3] - corners[1] > 0.01) setStateValue("drawn", corners);
    else place(data.box);
  };
}
"""

_brush = st.components.v2.component("mvm_brush", html=_HTML, css=_CSS, js=_JS)

Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class Canvas:
    """What is drawn on: a picture, its label, and its rectangle as shares x0, y0, x1, y1 of its sides."""

    picture: Picture
    label: str
    box: Corners


def brush(canvas: Canvas, key: str, on_drawn: Callable[[], None]) -> None:
    """Show the picture with its rectangle; `on_drawn` is called when the user has drawn another."""
    address = "data:image/jpeg;base64," + base64.b64encode(encode(canvas.picture)).decode()
    data = {"picture": address, "label": canvas.label, "box": list(canvas.box)}
    _brush(key=key, data=data, on_drawn_change=on_drawn)


def drawn_box(key: str) -> Corners | None:
    """The rectangle that the user drew last; None where nothing sensible is there."""
    corners = (st.session_state.get(key) or {}).get("drawn")
    try:
        x0, y0, x1, y1 = (float(np.clip(value, 0, 1)) for value in corners)
    except (TypeError, ValueError):
        # The browser's word is checked like any other input.
        return None
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None
