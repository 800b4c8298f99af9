"""The table of readings."""

from html import escape

import streamlit as st

from mvm_core.language import gettext, gettext_noop
from mvm_core.models import Reading
from mvm_core.models.registry import ENSEMBLES, SINGLE_READINGS, title_of
from mvm_core.models.wording import probability_text
from pages.components.scale import small_scale

OWN_SCALES = gettext_noop(
    "Each reading has its own scale and thresholds: one figure may mean another zone elsewhere."
)


def readings_table(reading: Reading, chosen: str) -> None:
    """Show every reading of the registry: probability and zone, or why it could not be made."""
    groups = {
        gettext("Ensembles"): list(ENSEMBLES),
        gettext("Single readings of one film"): [
            name for name, single in SINGLE_READINGS.items() if len(single.views) == 1
        ],
        gettext("Single readings of both films"): [
            name for name, single in SINGLE_READINGS.items() if len(single.views) > 1
        ],
    }
    tables = "".join(_table(caption, names, reading, chosen) for caption, names in groups.items())
    remarks = f'<div class="mvm-quiet">{gettext(OWN_SCALES)} {_not_made(reading)}</div>'
    st.html(f'<div class="mvm-readings">{tables}</div>{remarks}')


def _not_made(reading: Reading) -> str:
    """Which readings are missing, gathered by the reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reading.missing.items():
        by_reason.setdefault(reason, []).append(title_of(name))
    told = " ".join(
        gettext("{readings}: {reason}.", readings=", ".join(titles), reason=reason)
        for reason, titles in by_reason.items()
    )
    return gettext("Not made. {told}", told=escape(told)) if told else ""


def _table(caption: str, names: list[str], reading: Reading, chosen: str) -> str:
    rows = "".join(_row(name, reading, name == chosen) for name in names)
    return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"


def _row(name: str, reading: Reading, chosen: bool) -> str:
    head = f'<tr class="{"chosen" if chosen else ""}"><th scope="row">{escape(title_of(name))}</th>'
    result = reading.results.get(name)
    if result is None:
        missing = gettext("not made")
        return f'{head}<td class="number">–</td><td class="zone missing">{missing}</td><td></td></tr>'
    return (
        f'{head}<td class="number">{probability_text(result.probability)}</td>'
        f'<td class="zone">{result.zone.said}</td><td>{small_scale(result)}</td></tr>'
    )
