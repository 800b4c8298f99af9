"""Presentation mode: large type, one picture as wide as the screen, choices out of sight."""

import streamlit as st

_LARGE = """
<style>
.st-key-choices, .st-key-source-row, [data-testid="stHeading"] h2 { display: none; }
.mvm-said { font-size: 34px; max-width: none; }
.mvm-banner { font-size: 24px; }
.mvm-quiet, .mvm-missed { font-size: 20px; }
.mvm-table table { font-size: 26px; }
.mvm-table thead th, .mvm-table small { font-size: 20px; }
.st-key-contents label p { font-size: 18px; }
.st-key-threshold-row p { font-size: 18px; }
</style>
"""


def presenting() -> bool:
    """Ask whether the page is presented, which stands in the address, and set its type accordingly."""
    present = st.toggle("Present", key="present", bind="query-params", persist_state="session")
    if present:
        st.html(_LARGE)
    return bool(present)
