"""The page of what a person has to look at: films before they leave, doubtful rows of a cohort."""

import os
from pathlib import Path

import streamlit as st

from mvm_core.errors import DeidentificationError
from mvm_core.language import gettext
from pages.access.permission import may_change
from pages.components.frame import errors_told, frame

VARIABLE = "MVM_REVIEW"


def _page() -> None:
    st.title(gettext("Review"), anchor=False)
    if not may_change():
        st.caption(gettext("Films are looked at by readers; your account may look at the other pages."))
        return
    with errors_told():
        _show(Path(os.environ.get(VARIABLE, "")))


def _show(folder: Path) -> None:
    from mvm_core.cohort_import.looked_at import is_imported
    from mvm_core.deidentification.looked_at import is_deidentified

    if is_imported(folder):
        from pages.components.looked_at.imported import show_imported

        show_imported(folder)
    elif is_deidentified(folder):
        from pages.components.looked_at.deidentified import show_deidentified

        show_deidentified(folder)
    else:
        raise DeidentificationError(
            str(folder),
            gettext("neither `deidentify` nor `import-cohort` has written this folder"),
            gettext("start the app with {variable} naming one that they have", variable=VARIABLE),
        )


frame()
_page()
