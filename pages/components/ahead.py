"""Fetches the drawing library of the cohort page ahead: it is the largest thing that the browser loads."""

from functools import cache
from pathlib import Path

import streamlit as st

from mvm_core.language import language

_JS = """
export default function ({ data }) {
  document.documentElement.lang = data.language;
  const fetch = () => {
    for (const name of data.names) {
      const address = new URL(`static/js/${name}`, document.baseURI).href;
      if (document.head.querySelector(`link[href="${address}"]`)) continue;
      // fetched and compiled without holding up the page
      const link = Object.assign(document.createElement("link"), { rel: "modulepreload", href: address });
      document.head.append(link);
    }
  };
  // Once the page at hand stands: the library is larger than all else that it needs.
  const stands = () =>
    document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]') ? fetch()
      : setTimeout(stands, 200);
  stands();
}
"""

_ahead = st.components.v2.component("mvm_ahead", html="<span></span>", js=_JS)


@cache
def _names() -> tuple[str, ...]:
    folder = Path(st.__file__).parent / "static" / "static" / "js"
    return tuple(path.name for path in folder.glob("PlotlyChart.*.js"))


def fetch_ahead() -> None:
    """Tell the browser the page's language, and let it fetch what the cohort page will need."""
    _ahead(key="ahead", data={"names": list(_names()), "language": language()})
