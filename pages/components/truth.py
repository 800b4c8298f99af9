"""The truth about a simulated patient."""

from html import escape
from typing import TYPE_CHECKING

import cv2
import numpy as np
import streamlit as st

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
    outlines = {}
    for view, film in patient.films.items():
        found, _ = cv2.findContours(
            np.ascontiguousarray(film.lesion_mask, np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        # Contours run through pixel centres, which lie at half-integer film coordinates.
        outlines[view] = [
            [(float(x) + 0.5, float(y) + 0.5) for x, y in line[:, 0]] for line in found if len(line) > 2
        ]
    return outlines
