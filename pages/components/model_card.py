"""Parts of the model card beside the weights, shown as they stand there."""

import re

import streamlit as st

from mvm_core.language import gettext
from pages.components.frame import shared_reader

_CARD = "model_card.md"


def card_section(title: str) -> None:
    """Show one section of the card, closed at first; nothing where the card has no such section."""
    path = shared_reader().weights.folder / _CARD
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    if found is not None:
        with st.expander(gettext(title)):
            st.markdown(found[1])
