"""The evidence of one reading on its films, how it is drawn, and the check that it adds up."""

from html import escape

import numpy as np
import streamlit as st

from mvm_core.language import capital, gettext, gettext_noop
from mvm_core.models import EvidenceMap, Reading, ReadingResult
from mvm_core.models.registry import NETWORKS, SINGLE_READINGS, Layout, title_of
from mvm_core.models.wording import HIGH_SENSITIVITY, QUESTION_WORDS, probability_text, signed_text
from mvm_core.radiograph import View
from pages.components.asked import answer_in_words, map_label, of_what, probability_and_point
from pages.components.frame import shared_weights
from pages.components.pictures import Look, draw_film, legend, peak_in_words, show_picture
from pages.components.study import Study
from pages.components.swipe import swipe

ARRANGEMENTS = (gettext_noop("Map on the film"), gettext_noop("Side by side"), gettext_noop("Swipe"))
_OF_ENSEMBLES = gettext_noop(
    "An ensemble averages probabilities, so no map adds up to its result: its map is the "
    "mean of the maps of those members that look at the film, each in its calibrated logits "
    "(divided by its temperature; the offsets, which lie at no place of the film, are left "
    "out)."
)


def unit_of(name: str) -> str:
    """The unit of a reading's map, for its legend."""
    return gettext("logits") if name in SINGLE_READINGS else gettext("calibrated logits")


def film_label(study: Study, view: View) -> str:
    """How a study's film is named under its pictures."""
    simulated = gettext(", simulated") if study.patient is not None else ""
    return gettext(
        "{view} film{simulated}",
        view=capital(view.label),
        simulated=simulated,
    )


def maps_shown(study: Study, result: ReadingResult, question: str = "mvm") -> dict[View, EvidenceMap]:
    """The reading's maps, without those over a film on which the networks see nothing."""
    return {view: each for view, each in result.maps(question).items() if view not in study.reading.blank}


def choose_look(result: ReadingResult, question: str) -> tuple[Look, str]:
    """Ask how the map shall be drawn; return it with the arrangement of the pictures."""
    probability, point = probability_and_point(result, question)
    under = probability < point
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        arrangement = st.radio(
            gettext("Arrangement"),
            ARRANGEMENTS,
            format_func=gettext,
            horizontal=True,
            label_visibility="collapsed",
        )
        opacity = st.slider(gettext("Opacity of full colour, %"), 10, 100, 60, 5, width=220)
        contours = st.checkbox(gettext("Contours"), value=True)
        whole = st.checkbox(gettext("Whole film"), value=False)
        in_full = gettext("Show evidence {positive} in full", positive=QUESTION_WORDS[question].positive)
        asked = st.checkbox(in_full, value=False) if under else False
    look = Look(opacity / 100, contours, whole, positive_faded=under and not asked, question=question)
    return look, arrangement


def show_maps(study: Study, result: ReadingResult, look: Look, arrangement: str) -> None:
    """Show each film with the reading's map, its legend and what a reader of it must know."""
    shown = maps_shown(study, result, look.question)
    st.html(legend(unit_of(result.name), look))
    views = [view for view in study.pair.views if view in result.maps(look.question)]
    # Side by side, each film with its map takes a row.
    places = st.columns(2) if arrangement != "Side by side" else [st.container() for _ in views]
    for view, column in zip(views, places, strict=False):
        with column:
            alt = in_words(film_label(study, view), result, look.question, shown.get(view))
            _show_film(
                study, view, (look, arrangement), shown.get(view), alt, map_label(result, look.question)
            )
    # Below the films, so that these are in sight.
    for remark in _remarks(study, result, look, shown):
        st.html(f'<div class="mvm-quiet">{escape(remark)}</div>')


def in_words(film: str, result: ReadingResult, question: str, evidence: EvidenceMap | None) -> str:
    """What the picture of a film with a reading's map shows: verdict and peak."""
    said = f"{title_of(result.name)} {answer_in_words(result, question)}"
    label = map_label(result, question)
    which = gettext("; {which}", which=label) if label else ""
    peak = gettext("; no map")
    if evidence is not None:
        peak = gettext(
            "{which}; evidence {peak}",
            which=which,
            peak=peak_in_words(evidence, unit_of(result.name), question),
        )
    return gettext("{film}. {said}{peak}", film=film, said=said, peak=peak)


def _show_film(
    study: Study,
    view: View,
    drawn: tuple[Look, str],
    evidence: EvidenceMap | None,
    alt: str,
    which: str,
) -> None:
    film, region = study.pair.film(view), study.reading.regions[view]
    look, arrangement = drawn
    if film is None:
        return
    label = film_label(study, view)
    over = gettext(", {which}", which=which) if which and evidence is not None else ""
    with_map = draw_film(film, region, evidence, look)
    alone = draw_film(film, region, None, look) if arrangement != ARRANGEMENTS[0] else with_map
    if arrangement == "Swipe":
        st.html(f'<div class="mvm-film"><b>{label}</b>{over}</div>')
        swipe(alt, alone, with_map, key=f"swipe-{view.value}")
    elif arrangement == "Side by side":
        left, right = st.columns(2)
        show_picture(alone, gettext("{label}, alone", label=label), left)
        show_picture(with_map, label + (over or gettext(", with its map")), right, alt)
    else:
        show_picture(with_map, f"{label}{over}", alt=alt)


def _remarks(study: Study, result: ReadingResult, look: Look, shown: dict[View, EvidenceMap]) -> list[str]:
    kind = gettext("Simulated films") if study.patient is not None else gettext("Films")
    remarks = [
        gettext(
            "{films}; {trained}, {weights}. The white frame is what the networks see. One colour "
            "scale for every film and reading; contours at a quarter, half and three quarters of it.",
            films=kind,
            trained=shared_weights().learnt_from,
            weights=study.reading.weights_id,
        )
    ]
    words = QUESTION_WORDS[look.question]
    if len(result.questions) > 1:
        remarks.append(gettext("{title}: {asked}", title=words.title, asked=words.asked))
    if look.positive_faded:
        probability, point = probability_and_point(result, look.question)
        lower = gettext("disease point") if look.question == "disease" else gettext(HIGH_SENSITIVITY)
        remarks.append(
            gettext(
                "The probability of {condition}, {probability}, is under the {lower}, {point}: evidence "
                "{positive} is drawn faintly.",
                condition=of_what(look.question),
                probability=probability_text(probability),
                lower=lower,
                point=probability_text(point),
                positive=words.positive,
            )
        )
    members = result.members or (result.name,)
    if any(NETWORKS[SINGLE_READINGS[name].network].layout is Layout.CHANNELS for name in members):
        remarks.append(
            gettext(
                "ChConcat reads both films as channels of one picture: its one map is shown on both "
                "films, and does not tell which of them the evidence is from."
            )
        )
    for view in set(result.maps(look.question)) - set(shown):
        remarks.append(
            gettext(
                "The {view} film has no contrast where the networks look: there is nothing to point at, "
                "and no map is drawn on it.",
                view=view.label,
            )
        )
    return remarks


def sums(reading: Reading, chosen: str, question: str) -> None:
    """Check for these films that map and bias add up to the logit, for every single reading."""
    chosen_names = reading.results[chosen].members or (chosen,)
    rows, worst = [], 0.0
    for name in SINGLE_READINGS:
        result = reading.results.get(name)
        if result is None or question not in result.questions:
            continue
        logit = result.logit_of(question)
        if logit is None:
            continue
        mean, bias = _mean_and_bias(result, question)
        difference = abs(mean + bias - logit)
        worst = max(worst, difference)
        rows.append(
            f'<tr class="{"chosen" if name in chosen_names else ""}">'
            f'<th scope="row">{escape(title_of(name))}</th>'
            + "".join(
                f'<td class="number">{signed_text(each, 4)}</td>' for each in (mean, bias, mean + bias, logit)
            )
            + f'<td class="number">{_small(difference)}</td></tr>'
        )
    head = "".join(
        f'<th scope="col" class="number">{text}</th>'
        for text in (
            gettext("mean of map"),
            gettext("bias"),
            gettext("sum"),
            gettext("logit"),
            gettext("difference"),
        )
    )
    asked = (
        gettext(" and the question of {name}", name=QUESTION_WORDS[question].name)
        if question != "mvm"
        else ""
    )
    st.markdown(
        gettext(
            "The mean over the cells of a single reading's map, plus its network's bias, is its "
            "logit; checked here for these films{asked}, in logits: the largest difference is "
            "{worst}. {ensembles}",
            asked=asked,
            worst=_small(worst),
            ensembles=gettext(_OF_ENSEMBLES),
        )
    )
    st.html(
        f'<div class="mvm-table"><table><thead><tr><th scope="col">{gettext("Single reading")}</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _small(value: float) -> str:
    """A small difference as people write it."""
    if value <= 0:
        return "0"
    digits = max(0, int(np.floor(-np.log10(value))))
    return gettext("under {most}", most=f"{10.0**-digits:.{digits}f}")


def _mean_and_bias(result: ReadingResult, question: str) -> tuple[float, float]:
    cells = np.concatenate([evidence.values.ravel() for evidence in result.maps(question).values()])
    network = SINGLE_READINGS[result.name].network
    return float(cells.mean(dtype=np.float64)), shared_weights().networks[network].biases[question]
