"""Questions to the model: what if this were covered, what if the film lay elsewhere."""

from dataclasses import replace
from html import escape

import streamlit as st

from mvm_core.explain.questions import Cover, cover
from mvm_core.explain.repeatability import change_films, map_agreement, slide
from mvm_core.models import Reading
from mvm_core.models.registry import TITLES
from mvm_core.radiograph import Box, FilmPair, View
from pages.components.frame import errors_told, shared_reader
from pages.components.maps import unit_of
from pages.components.pictures import Look, draw_film, legend, show_picture
from pages.components.study import Study

_CHOICE = "{:.0f} mm"


@st.fragment
def cover_question(study: Study, chosen: str) -> None:
    """Cover a rectangle of a film and show how the probability moves."""
    views = [view for view in study.pair.views if view in study.reading.results[chosen].evidence]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = st.radio("Film", views, format_func=lambda each: each.label, horizontal=True)
        how = st.radio("Put in its place", list(Cover), format_func=lambda each: each.value, horizontal=True)
    if view is None:
        return
    film, region = study.pair.film(view), study.reading.regions[view]
    if film is None:
        return
    side = round(region.side * film.mm_per_pixel) if film.mm_per_pixel is not None else 100
    unit = "mm" if film.mm_per_pixel is not None else "% of the side"
    columns = st.columns(2)
    middle = (round(0.35 * side), round(0.65 * side))
    across = columns[0].slider(f"From left to right of the frame, {unit}", 0, side, middle)
    down = columns[1].slider(f"From top to bottom of the frame, {unit}", 0, side, middle)
    if across[0] == across[1] or down[0] == down[1]:
        st.html('<div class="mvm-quiet">Nothing is covered: pull the ends of both sliders apart.</div>')
        return
    scale = region.side / side
    box = Box(
        region.x0 + across[0] * scale,
        region.y0 + down[0] * scale,
        region.x0 + across[1] * scale,
        region.y0 + down[1] * scale,
    )
    changed = replace(study.pair, **{view.value: cover(film, box, how)})  # type: ignore[arg-type]
    _before_and_after(study, changed, chosen, [view])
    if how is Cover.SURROUNDINGS and (across, down) == ((0, side), (0, side)):
        st.html(
            '<div class="mvm-quiet">All that the networks see is covered: what stands there now is guessed '
            "from beyond the frame.</div>"
        )


@st.fragment
def slide_question(study: Study, chosen: str) -> None:
    """Slide the films under the frame and show whether the evidence moves with them."""
    columns = st.columns(2)
    right = columns[0].slider("Slide the films to the right, mm", -10, 10, 3)
    down = columns[1].slider("Slide the films down, mm", -10, 10, 3)
    if any((film := study.pair.film(view)) and film.mm_per_pixel is None for view in study.pair.views):
        st.html('<div class="mvm-quiet">The pixel spacing is unknown: 0.4 mm a pixel are assumed.</div>')
    changed = change_films(study.pair, lambda film: slide(film, right, down))
    views = [view for view in study.pair.views if view in study.reading.results[chosen].evidence]
    after = _before_and_after(study, changed, chosen, views)
    if after is not None:
        same = map_agreement(study.pair, (study.reading, after), chosen, (right, down))
        st.html(
            f'<div class="mvm-quiet">The map of the slid films and the first map slid alike correlate with '
            f"{same:+.2f}: 1 where the evidence moves with the films.</div>"
        )


def _before_and_after(study: Study, changed: FilmPair, chosen: str, views: list[View]) -> Reading | None:
    with errors_told():
        after = shared_reader().read(changed)
        _tell_probability(study.reading, after, chosen)
        st.html(legend(unit_of(chosen), Look()))
        for view in views:
            before_column, after_column = st.columns(2)
            for column, pair, reading, word in (
                (before_column, study.pair, study.reading, "as it is"),
                (after_column, changed, after, "changed"),
            ):
                film = pair.film(view)
                if film is None:
                    continue
                region = reading.regions[view]
                evidence = reading.results[chosen].evidence[view]
                seen = view not in reading.blank
                picture = draw_film(film, region, evidence if seen else None, Look())
                blank = "" if seen else "; no contrast in the frame, so no map"
                show_picture(picture, f"{view.label[0].upper()}{view.label[1:]} film {word}{blank}", column)
        return after
    return None


def _tell_probability(before: Reading, after: Reading, chosen: str) -> None:
    first, second = before.results[chosen], after.results[chosen]
    moved = second.probability - first.probability
    st.html(
        f'<div class="mvm-move"><b>{first.probability:.2f} → {second.probability:.2f}</b> '
        f"probability of MVM, {escape(TITLES[chosen])} ({moved:+.2f}); "
        f"{first.zone.value} → {second.zone.value}</div>"
    )
