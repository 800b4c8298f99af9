"""Streamlit as `python -m streamlit`, with an examiner that knows the simulated patients."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from streamlit.web import cli

from mvm_core import examination
from tests.examiner_stand_in import StandIn

if __name__ == "__main__":
    examination.Examiner = StandIn
    cli.main()
