"""Brings the place where it stands into view, once for each thing that asks for it."""

import streamlit as st

_JS = """
let last = null;
export default function ({ data, parentElement }) {
  if (data.once === last) return;
  last = data.once;
  const here = parentElement.host ?? parentElement;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  // no further than it takes, so that what was clicked stays in sight; the list below comes a moment later
  Object.assign(here.style, { display: "block", scrollMargin: "80px 0 340px" });
  setTimeout(() => here.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" }), 150);
}
"""

_into_view = st.components.v2.component("mvm_into_view", html="<span></span>", js=_JS)


def into_view(once: str, key: str) -> None:
    """Scroll to this place of the page when `once` is another than before."""
    _into_view(key=key, data={"once": once})
