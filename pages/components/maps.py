"""The evidence of one reading on its films, how it is drawn, and the check that it adds up."""

from html import escape

import numpy as np
import streamlit as st

from mvm_core.models import EvidenceMap, Reading, ReadingResult
from mvm_core.models.registry import NETWORKS, SINGLE_READINGS, TITLES, Layout
from mvm_core.models.wording import probability_text
from mvm_core.radiograph import View
from pages.components.frame import shared_reader
from pages.components.pictures import Look, draw_film, legend, peak_in_words, show_picture
from pages.components.study import Study
from pages.components.swipe import swipe

ARRANGEMENTS = ("Map on the film", "Side by side", "Swipe")


def unit_of(name: str) -> str:
    """The unit of a reading's map, for its legend."""
    return "logits" if name in SINGLE_READINGS else "calibrated logits"


def film_label(study: Study, view: View) -> str:
    """How a study's film is named under its pictures."""
    simulated = ", simulated" if study.patient is not None else ""
    return f"{view.label[0].upper()}{view.label[1:]} film{simulated}"


def maps_shown(study: Study, result: ReadingResult) -> dict[View, EvidenceMap]:
    """The reading's maps, without those over a film on which the networks see nothing."""
    return {view: each for view, each in result.evidence.items() if view not in study.reading.blank}


def choose_look(result: ReadingResult) -> tuple[Look, str]:
    """Ask how the map shall be drawn; return it with the arrangement of the pictures."""
    under = result.probability < result.points.high_sensitivity
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        arrangement = st.radio("Arrangement", ARRANGEMENTS, horizontal=True, label_visibility="collapsed")
        opacity = st.slider("Opacity of full colour, %", 10, 100, 60, 5, width=220)
        contours = st.checkbox("Contours", value=True)
        whole = st.checkbox("Whole film", value=False)
        asked = st.checkbox("Show evidence for MVM in full", value=False) if under else False
    look = Look(opacity / 100, contours, whole, mvm_faded=under and not asked)
    return look, arrangement


def show_maps(study: Study, result: ReadingResult, look: Look, arrangement: str) -> None:
    """Show each film with the reading's map, its legend and what a reader of it must know."""
    shown = maps_shown(study, result)
    st.html(legend(unit_of(result.name), look))
    for remark in _remarks(study, result, look, shown):
        st.html(f'<div class="mvm-quiet">{escape(remark)}</div>')
    views = [view for view in study.pair.views if view in result.evidence]
    # Side by side, each film with its map takes a row.
    places = st.columns(2) if arrangement != "Side by side" else [st.container() for _ in views]
    for view, column in zip(views, places, strict=False):
        with column:
            _show_film(study, view, (look, arrangement), shown.get(view), _alt(study, result, view, shown))


def _alt(study: Study, result: ReadingResult, view: View, shown: dict[View, EvidenceMap]) -> str:
    """What a film's picture shows, in words: verdict and peak."""
    said = f"{TITLES[result.name]} {probability_text(result.probability)}, {result.zone.value}"
    peak = f"; evidence {peak_in_words(shown[view], unit_of(result.name))}" if view in shown else "; no map"
    return f"{film_label(study, view)}. {said}{peak}"


def _show_film(
    study: Study, view: View, drawn: tuple[Look, str], evidence: EvidenceMap | None, alt: str
) -> None:
    film, region = study.pair.film(view), study.reading.regions[view]
    look, arrangement = drawn
    if film is None:
        return
    label = film_label(study, view)
    with_map = draw_film(film, region, evidence, look)
    alone = draw_film(film, region, None, look) if arrangement != ARRANGEMENTS[0] else with_map
    if arrangement == "Swipe":
        st.html(f'<div class="mvm-film"><b>{label}</b></div>')
        swipe(alt, alone, with_map, key=f"swipe-{view.value}")
    elif arrangement == "Side by side":
        left, right = st.columns(2)
        show_picture(alone, f"{label}, alone", left)
        show_picture(with_map, f"{label}, with its map", right, alt)
    else:
        show_picture(with_map, label, alt=alt)


def _remarks(study: Study, result: ReadingResult, look: Look, shown: dict[View, EvidenceMap]) -> list[str]:
    kind = "Simulated films" if study.patient is not None else "Films"
    trained = "weights trained on simulated films" if shared_reader().weights.simulated else "weights"
    remarks = [
        f"{kind}; {trained}, {study.reading.weights_id}. The white frame is what the networks see. One "
        "colour scale for every film and reading; contours at a quarter, half and three quarters of it."
    ]
    if look.mvm_faded:
        remarks.append(
            f"The probability of MVM, {probability_text(result.probability)}, is under the lower "
            f"operating point, {probability_text(result.points.high_sensitivity)}: evidence for MVM is drawn "
            "faintly."
        )
    members = result.members or (result.name,)
    if any(NETWORKS[SINGLE_READINGS[name].network].layout is Layout.CHANNELS for name in members):
        remarks.append(
            "ChConcat reads both films as channels of one picture: its one map is shown on both films, and "
            "does not tell which of them the evidence is from."
        )
    for view in set(result.evidence) - set(shown):
        remarks.append(
            f"The {view.label} film has no contrast where the networks look: there is nothing to point at, "
            "and no map is drawn on it."
        )
    return remarks


def sums(reading: Reading, chosen: str) -> None:
    """Check for these films that map and bias add up to the logit, for every single reading."""
    chosen_names = reading.results[chosen].members or (chosen,)
    rows, worst = [], 0.0
    for name in SINGLE_READINGS:
        result = reading.results.get(name)
        if result is None or result.logit is None:
            continue
        mean, bias = _mean_and_bias(result)
        difference = abs(mean + bias - result.logit)
        worst = max(worst, difference)
        rows.append(
            f'<tr class="{"chosen" if name in chosen_names else ""}">'
            f'<th scope="row">{escape(TITLES[name])}</th>'
            f'<td class="number">{mean:+.4f}</td><td class="number">{bias:+.4f}</td>'
            f'<td class="number">{mean + bias:+.4f}</td><td class="number">{result.logit:+.4f}</td>'
            f'<td class="number">{_small(difference)}</td></tr>'
        )
    head = "".join(
        f'<th scope="col" class="number">{text}</th>'
        for text in ("mean of map", "bias", "sum", "logit", "difference")
    )
    st.markdown(
        "The mean over the cells of a single reading's map, plus its network's bias, is its logit; checked "
        f"here for these films, in logits: the largest difference is {_small(worst)}. An ensemble averages "
        "probabilities, so no map adds up to its result: its map is the mean of the maps of those members "
        "that look at the film, each in its calibrated logits (divided by its temperature; the offsets, "
        "which lie at no place of the film, are left out)."
    )
    st.html(
        '<div class="mvm-table"><table><thead><tr><th scope="col">Single reading</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _small(value: float) -> str:
    """A small difference as people write it."""
    if value <= 0:
        return "0"
    digits = max(0, int(np.floor(-np.log10(value))))
    return f"under {10.0**-digits:.{digits}f}"


def _mean_and_bias(result: ReadingResult) -> tuple[float, float]:
    cells = np.concatenate([evidence.values.ravel() for evidence in result.evidence.values()])
    network = SINGLE_READINGS[result.name].network
    return float(cells.mean(dtype=np.float64)), shared_reader().weights.networks[network].bias
