"""Parts of the model card beside the weights, shown as they stand there."""

import re

import streamlit as st

from mvm_core.language import ENGLISH, gettext, gettext_noop, language
from pages.components.frame import shared_reader

_CARD = "model_card.md"
_ENGLISH_ALONE = gettext_noop("The model card is kept in English, as it lies beside the weights.")


def card_section(title: str) -> None:
    """Show one section of the card, closed at first; nothing where the card has no such section."""
    path = shared_reader().weights.folder / _CARD
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    if found is not None:
        with st.expander(gettext(title)):
            if language() != ENGLISH:
                st.html('<div class="mvm-quiet">' + gettext(_ENGLISH_ALONE) + "</div>")
            st.markdown(found[1])
