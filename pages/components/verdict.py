"""The verdict and the table of readings."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from mvm_core.models import OperatingPoints, Reading, ReadingResult
from mvm_core.models.registry import ENSEMBLES, SINGLE_READINGS, TITLES

_ZONES = ("bvf", "between", "mvm")


def verdict(result: ReadingResult) -> None:
    """Show one result large: probability, zone, and where it lies between the operating points."""
    members = ""
    if result.spread is not None:
        members = (
            f"; its {len(result.members)} members lie between {result.spread.lowest:.2f} "
            f"and {result.spread.highest:.2f}"
        )
    zone = result.zone.value[0].upper() + result.zone.value[1:]
    what = f"Probability of metastasis (MVM), {escape(TITLES[result.name])}{members}."
    st.html(
        '<div class="mvm-verdict"><div>'
        f'<div class="figure"><span class="probability">{result.probability:.2f}</span>'
        f'<span class="zone">{zone}</span></div>'
        f'<div class="what">{what}</div></div>'
        f"{_scale(result)}</div>"
    )


def notes(sentences: Sequence[str]) -> None:
    """Show what the reader of a verdict should know, a line each."""
    if sentences:
        st.html(
            '<div class="mvm-notes">' + "".join(f"<div>{escape(text)}</div>" for text in sentences) + "</div>"
        )


def readings_table(reading: Reading, chosen: str) -> None:
    """Show every reading of the registry: probability and zone, or why it could not be made."""
    groups = {
        "Ensembles": list(ENSEMBLES),
        "Single readings of one film": [
            name for name, single in SINGLE_READINGS.items() if len(single.views) == 1
        ],
        "Single readings of both films": [
            name for name, single in SINGLE_READINGS.items() if len(single.views) > 1
        ],
    }
    tables = "".join(_table(caption, names, reading, chosen) for caption, names in groups.items())
    st.html(f'<div class="mvm-readings">{tables}</div>{_not_made(reading)}')


def _not_made(reading: Reading) -> str:
    """Which readings are missing, gathered by the reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reading.missing.items():
        by_reason.setdefault(reason, []).append(TITLES[name])
    told = " ".join(f"{', '.join(titles)}: {reason}." for reason, titles in by_reason.items())
    return f'<div class="mvm-quiet">Not made. {escape(told)}</div>' if told else ""


def _scale(result: ReadingResult) -> str:
    points = result.points
    low, high = points.high_sensitivity, points.high_specificity
    labels: Mapping[str, float] = {
        "BVF likely": low / 2,
        "indeterminate": (low + high) / 2,
        "MVM likely": (1 + high) / 2,
    }
    named = "".join(
        f'<span class="label" style="left:{100 * at:.2f}%">{label}</span>'
        for label, at, room in zip(labels, labels.values(), (low, high - low, 1 - high), strict=True)
        if room > 0.16
    )
    ticks = "".join(
        f'<span class="tick" style="left:{100 * at:.2f}%">{text}</span>' for at, text in _ticks(low, high)
    )
    spread = ""
    if result.spread is not None:
        left, right = 100 * result.spread.lowest, 100 * result.spread.highest
        spread = f'<div class="spread" style="left:{left:.2f}%;width:{right - left:.2f}%"></div>'
    description = (
        f"Probability {result.probability:.2f} on a scale from 0 to 1: BVF likely below {low:.2f}, "
        f"MVM likely from {high:.2f} up"
    )
    return (
        f'<div class="mvm-scale" role="img" aria-label="{description}">{named}'
        f'<div class="track">{_zones(points)}</div>{spread}'
        f'<div class="here" style="left:{100 * result.probability:.2f}%"></div>{ticks}</div>'
    )


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks at the operating points and, where they leave room, at the ends."""
    ticks = (
        [(low, f"{low:.2f}"), (high, f"{high:.2f}")]
        if high - low > 0.07
        else [((low + high) / 2, f"{low:.2f}–{high:.2f}")]
    )
    return ([(0.0, "0")] if low > 0.06 else []) + ticks + ([(1.0, "1")] if high < 0.94 else [])


def _zones(points: OperatingPoints) -> str:
    widths = (
        points.high_sensitivity,
        points.high_specificity - points.high_sensitivity,
        1 - points.high_specificity,
    )
    return "".join(
        f'<div class="{zone}" style="width:{100 * width:.2f}%"></div>'
        for zone, width in zip(_ZONES, widths, strict=True)
    )


def _table(caption: str, names: list[str], reading: Reading, chosen: str) -> str:
    rows = "".join(_row(name, reading, name == chosen) for name in names)
    return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"


def _row(name: str, reading: Reading, chosen: bool) -> str:
    head = f'<tr class="{"chosen" if chosen else ""}"><th scope="row">{escape(TITLES[name])}</th>'
    result = reading.results.get(name)
    if result is None:
        return f'{head}<td class="number">–</td><td class="zone missing">not made</td><td></td></tr>'
    bar = (
        f'<div class="mvm-bar" aria-hidden="true">{_zones(result.points)}'
        f'<div class="here" style="left:{100 * result.probability:.2f}%"></div></div>'
    )
    return (
        f'{head}<td class="number">{result.probability:.2f}</td>'
        f'<td class="zone">{result.zone.value}</td><td>{bar}</td></tr>'
    )
