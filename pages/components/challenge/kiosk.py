"""A window that stands alone at a stand: large, without a way out, and back at the start when left alone."""

from pathlib import Path

import streamlit as st

from mvm_core.language import gettext, language
from pages.components.challenge.setting import idle_seconds, leave

_HERE = Path(__file__).parent
_HTML = (
    '<div class="kiosk"><div class="still" role="status" hidden></div>'
    '<button type="button" hidden></button></div>'
)
_kiosk = st.components.v2.component(
    "mvm_kiosk",
    html=_HTML,
    css=(_HERE / "kiosk.css").read_text(encoding="utf-8"),
    js=(_HERE / "kiosk.js").read_text(encoding="utf-8"),
)
_LOOK = """
<style>
.mvm-banner { margin-bottom: 0; }
.mvm-progress .who { margin-right: 8em; }
[data-testid="stHeader"] { display: none; }
.stMainBlockContainer { padding-top: 0.8rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-language) { top: 0.9rem; }
</style>
"""


def bare() -> None:
    """Leave out the navigation."""
    st.html(_LOOK)


def stand(*, at_start: bool) -> None:
    """Watch this window, and offer the full screen.

    Parameters
    ----------
    at_start : bool
        Whether it shows the start already, where full screen is offered.
    """
    _kiosk(
        key="kiosk",
        data={
            "seconds": idle_seconds(),
            "home": at_start,
            "offers": at_start,
            "url": f"?kiosk=1&lang={language()}",
            "still": gettext("Still there? Back to the start in {seconds} s."),
            "full": gettext("Full screen"),
        },
        on_left_change=leave,
    )
