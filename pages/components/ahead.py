"""Fetches the drawing library of the cohort page ahead: it is the largest thing that the browser loads."""

from functools import cache
from pathlib import Path

import streamlit as st

_JS = """
export default function ({ data }) {
  for (const name of data.names) {
    const address = new URL(`static/js/${name}`, document.baseURI).href;
    if (document.head.querySelector(`link[href="${address}"]`)) continue;
    // fetched and compiled without holding up the page
    const link = Object.assign(document.createElement("link"), { rel: "modulepreload", href: address });
    document.head.append(link);
  }
}
"""

_ahead = st.components.v2.component("mvm_ahead", html="<span></span>", js=_JS)


@cache
def _names() -> tuple[str, ...]:
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    return tuple(path.name for path in folder.glob("PlotlyChart.*.js"))


def fetch_ahead() -> None:
    """Let the browser fetch what the cohort page will need; nothing where Streamlit keeps it elsewhere."""
    if _names():
        _ahead(key="ahead", data={"names": list(_names())})
