"""Other methods' maps beside the evidence map, where torch is installed."""

import sys
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mvm_core.explain import catalogue
from mvm_core.explain.catalogue import EVIDENCE, INSTALL, METHODS, SAME, Direction
from mvm_core.explain.scores import correlation
from mvm_core.language import gettext
from mvm_core.models import EvidenceMap, ReadingResult
from mvm_core.models.inputs import network_inputs
from mvm_core.models.notice import notice_in_words
from mvm_core.models.overlay import EVIDENCE_SCALE
from mvm_core.models.placement import evidence_by_view
from mvm_core.models.registry import SINGLE_READINGS, title_of
from mvm_core.models.wording import signed_text
from mvm_core.radiograph import View
from pages.components.frame import errors_told, shared_weights
from pages.components.maps import film_label, in_words, maps_shown
from pages.components.pictures import Look, draw_film, legend, peak_in_words, show_picture
from pages.components.scorecard import current_scorecard, failed_methods, tested_methods
from pages.components.study import Study

if TYPE_CHECKING:
    from mvm_core.explain.methods import Explainer, Explanation


_TORCH = "mvm_core.explain.methods"
"""Loaded with torch, which takes seconds the first time."""


@st.cache_resource(show_spinner=False, max_entries=1)
def _explainer(weights: str) -> "Explainer":
    from mvm_core.explain.methods import Explainer

    return Explainer(shared_weights())


@st.fragment
def methods(study: Study, chosen: str) -> None:
    """Show the map of another method beside the evidence map of a single reading."""
    if not catalogue.torch_is_there():
        st.info(
            gettext(
                "Grad-CAM and six other methods need torch, which is not installed here: `{install}` "
                "adds them.",
                install=INSTALL,
            )
        )
        return
    with errors_told():
        table = current_scorecard()
        _choice(study, chosen, failed_methods(table) - {EVIDENCE}, tested_methods(table))


def _choice(study: Study, chosen: str, failed: frozenset[str], tested: frozenset[str]) -> None:
    offered = [name for name in METHODS if name != EVIDENCE and name not in failed]
    singles = list(study.reading.results[chosen].members or (chosen,))
    if failed:
        titles = ", ".join(METHODS[name].title for name in METHODS if name in failed and name != EVIDENCE)
        st.html(
            '<div class="mvm-quiet">'
            + gettext(
                "Not offered: {titles}. On the scorecard of these weights their maps stay the same when "
                "the weights are shuffled.",
                titles=titles,
            )
            + "</div>"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox(
            gettext("Method"),
            offered,
            index=None,
            placeholder=gettext("Choose one"),
            format_func=_title,
            width=260,
        )
        side = st.radio(
            gettext("Map for"), list(Direction), format_func=lambda each: each.value.upper(), horizontal=True
        )
        name = st.selectbox(gettext("Single reading"), singles, format_func=title_of, width=220)
    if method is None or name is None:
        return
    test = (
        gettext("It passed the randomisation test on the scorecard of these weights.")
        if method in tested
        else gettext("It has not been put to the randomisation test with these weights.")
    )
    st.html(f'<div class="mvm-quiet">{METHODS[method].description} {test}</div>')
    explanation = _explained(study, name, method, side)
    st.html(f'<div class="mvm-quiet">{_on_sides(study, name, method)}</div>')
    _beside(study, study.reading.results[name], (method, side), explanation)


def _on_sides(study: Study, name: str, method: str) -> str:
    """How far the method tells evidence for MVM from evidence for BVF, measured here where that is quick."""
    if not METHODS[method].tells_sides:
        return gettext(
            "{title} cannot tell evidence for MVM from evidence for BVF: it shows where the network "
            "looks, and its maps for the two sides are nearly the same.",
            title=METHODS[method].title,
        )
    if METHODS[method].slow:
        return ""
    values = [_explained(study, name, method, each).values for each in Direction]
    alike = correlation(values[0], values[1])
    told = gettext(
        "On these films its maps for MVM and for BVF correlate with {alike}", alike=signed_text(alike, 2)
    )
    if alike >= SAME:
        return gettext(
            "{told}: here it shows where the network looks, not for which side. The evidence map tells.",
            told=told,
        )
    return gettext("{told}.", told=told)


def _title(method: str) -> str:
    return METHODS[method].title + (gettext(" (slow)") if METHODS[method].slow else "")


def _explained(study: Study, name: str, method: str, side: Direction) -> "Explanation":
    """The map, kept for as long as the study hangs with these boxes."""
    key = (study.name, study.revision, name, method, side)
    kept = st.session_state.setdefault("explanations", {})
    if key not in kept:
        if any(other[0] != study.name for other in kept):
            kept.clear()
        kept[key] = _worked_out(study, name, method, side)
    return kept[key]


def _worked_out(study: Study, name: str, method: str, side: Direction) -> "Explanation":
    """The map anew; a bar says so before anything else is done, since torch takes seconds to load."""
    title = METHODS[method].title
    at_work = gettext("{title}: at work on these films", title=title)
    loading = gettext("{title}: loading torch and the networks, the first time only", title=title)
    bar = st.progress(0.0, at_work if _TORCH in sys.modules else loading)

    def show(done: int, total: int) -> None:
        told = gettext("{title}: {done} of {total} batches of films", title=title, done=done, total=total)
        bar.progress(done / total, told)

    from mvm_core.explain.methods import Question

    weights = shared_weights()
    film = network_inputs(study.pair, weights)[name]
    explainer = _explainer(weights.identity)
    if not METHODS[method].slow:
        bar.progress(0.5, at_work)
    found = explainer.explain(name, film, Question(method, side), show)
    bar.empty()
    return found


def _beside(
    study: Study, result: ReadingResult, asked: tuple[str, Direction], explanation: "Explanation"
) -> None:
    method, side = asked
    single = SINGLE_READINGS[result.name]
    size = shared_weights().networks[single.network].preprocessing.size_px
    regions = {view: study.reading.regions[view] for view in single.views}
    # The page's colours: positive speaks for MVM, whichever side was asked for.
    values = np.float32(side.sign) * explanation.values
    others = evidence_by_view(single, values, regions, size)
    in_logits = METHODS[method].in_logits
    highest = float(np.abs(values).max())
    scale = EVIDENCE_SCALE if in_logits else max(highest, 1e-6)
    shown = maps_shown(study, result)
    left, right = st.columns(2)
    with left:
        st.html(
            '<div class="mvm-film">'
            + gettext("<b>Evidence map</b>, {result}", result=title_of(result.name))
            + "</div>"
        )
        st.html(legend(gettext("logits"), Look()))
        _films(study, shown, lambda film, shown_map: in_words(film, result, "mvm", shown_map), Look())
    with right:
        st.html(
            '<div class="mvm-film">'
            + gettext("<b>{title}</b>, for {side}", title=METHODS[method].title, side=side.value.upper())
            + "</div>"
        )
        look = Look(full_colour_at=scale)
        st.html(
            legend(
                gettext("logits") if in_logits else gettext("no unit: full colour at the map's own maximum"),
                look,
            )
        )
        _films(study, others, lambda film, shown_map: _in_words(film, asked, shown_map), look)
    agreement = np.corrcoef(values.ravel(), _grid(result).ravel())[0, 1] if np.ptp(values) > 0 else 0.0
    st.html(
        '<div class="mvm-quiet">'
        + gettext(
            "Correlation with the evidence map over its cells: {agreement}. {notice}",
            agreement=signed_text(agreement, 4),
            notice=escape(notice_in_words(shared_weights().notice)),
        )
        + "</div>"
    )


def _films(
    study: Study,
    maps: dict[View, EvidenceMap],
    told: Callable[[str, EvidenceMap | None], str],
    look: Look,
) -> None:
    """Show the films that maps are of; `told` says in words what a film and its map show."""
    for view, evidence in maps.items():
        film = study.pair.film(view)
        if film is not None:
            drawn = None if view in study.reading.blank else evidence
            label = film_label(study, view)
            picture = draw_film(film, study.reading.regions[view], drawn, look)
            show_picture(picture, label, alt=told(label, drawn))


def _in_words(film: str, asked: tuple[str, Direction], evidence: EvidenceMap | None) -> str:
    """What the picture of a film with another method's map shows."""
    method, side = asked
    unit = gettext("logits") if METHODS[method].in_logits else ""
    return gettext(
        "{film}. {title}, for {side}: {peak}",
        film=film,
        title=METHODS[method].title,
        side=side.value.upper(),
        peak=gettext("no map") if evidence is None else peak_in_words(evidence, unit),
    )


def _grid(result: ReadingResult) -> np.ndarray:
    """A single reading's cells as its network gave them."""
    parts = [evidence.values for evidence in result.evidence.values()]
    shared = len(parts) == 2 and np.array_equal(parts[0], parts[1])
    return parts[0] if shared else np.concatenate(parts, axis=1)
