"""The truth about a simulated patient."""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from mvm_core.imaging.outline import outlines
from mvm_core.language import gettext
from mvm_core.radiograph import View

if TYPE_CHECKING:
    from mvm_core.simulation import SimulatedPatient


def truth(patient: "SimulatedPatient") -> None:
    """Say what the patient has."""
    st.html(
        '<div class="mvm-truth">'
        + gettext(
            "<b>The truth: {label}.</b> {description} The lesion is outlined in white on the films.",
            label=escape(patient.label.upper()),
            description=escape(patient.description),
        )
        + "</div>"
    )


def lesion_outlines(patient: "SimulatedPatient") -> dict[View, list[list[tuple[float, float]]]]:
    """Outlines of the lesion on each film, as (x, y) in film coordinates."""
    return {view: outlines(film.lesion_mask) for view, film in patient.films.items()}
