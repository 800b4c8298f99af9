"""Presentation mode: large type, one picture as wide as the screen, choices out of sight."""

import streamlit as st

from mvm_core.language import gettext
from pages.components.choices import keep_in_address

_KEY = "present"
_LARGE = """
<style>
.st-key-choices, .st-key-question,
.st-key-title-row [data-testid="stHeading"], .st-key-title-row [role="radiogroup"],
.stMain [data-testid="stHeading"] { display: none; }
.mvm-said { font-size: 32px; line-height: 1.35; max-width: none; }
.mvm-banner { font-size: 24px; padding-right: 8rem; }
.st-key-present { margin-top: -3.2rem; padding-right: 1rem; z-index: 1; }
.mvm-quiet, .mvm-missed { font-size: 20px; }
.mvm-table.close td, .mvm-table.close th { font-size: 24px; padding: 2px 14px 2px 0; }
.mvm-table.close thead th { font-size: 19px; white-space: normal; }
.mvm-table.close td small { font-size: 17px; }
.st-key-contents label p { font-size: 15px; }
[data-testid="stLayoutWrapper"]:has(> .st-key-contents) { position: static; }
.stMainBlockContainer { padding-top: 3.4rem; }
.mvm-banner { margin: 0; }
.st-key-threshold-row p { font-size: 18px; }
</style>
"""


def presenting() -> bool:
    """Ask whether the page is presented, which stands in the address, and set its type accordingly."""
    keep_in_address(_KEY, False)
    present = st.toggle(gettext("Present"), key=_KEY, bind="query-params", persist_state="session")
    if present:
        st.html(_LARGE)
    return bool(present)
