"""The table of measures of the vertebrae, to look at and to take away."""

from datetime import UTC, datetime
from html import escape

import streamlit as st

from mvm_core.examination import Examination
from mvm_core.language import capital, gettext, gettext_noop
from mvm_core.models.notice import notice_in_words
from mvm_core.radiograph import View
from mvm_core.spine import Spine
from mvm_core.spine.angles import Angle, angles
from mvm_core.spine.measures import PLACES, Measures, measure
from mvm_core.spine.table import measures_as_csv
from pages.components.frame import shared_weights
from pages.components.real_record import cobb_error
from pages.components.remarks import remarks
from pages.components.study import Study

APPROXIMATE = gettext_noop(
    "Approximate: from the corners, and on lateral films the middles of the endplates, as they "
    "are outlined on the films. Height lost is told "
    "against the mean of the neighbours above and below, Genant's grade from it alone (from "
    "20, 25 and 40 % on)."
)

_PLACES = {
    "left": gettext_noop("Left"),
    "middle": gettext_noop("Middle"),
    "right": gettext_noop("Right"),
    "front": gettext_noop("Front"),
    "behind": gettext_noop("Behind"),
}


def measures(study: Study) -> None:
    """Unfold the measures of all vertebrae that were found; nothing where none was."""
    spines = _measured(study.examination)
    if not spines:
        return
    with st.expander(gettext("Measures, approximate")):
        question = study.examination.level_in_question
        # On a narrow screen the tables lie below each other.
        columns = st.container(key="measures").columns(len(spines))
        for column, (view, spine) in zip(columns, spines.items(), strict=True):
            column.html(_table(view, spine, question) + _angles(study, view, spine))
        st.html(f'<div class="mvm-quiet">{gettext(APPROXIMATE)}</div>')
        st.download_button(
            gettext("Measures as CSV"),
            measures_as_csv(spines.values(), [] if st.session_state.get("bare-tables") else _head(study)),
            "measures.csv",
            "text/csv",
            on_click="ignore",
        )


def _measured(examination: Examination) -> dict[View, Spine]:
    return {view: spine for view, spine in examination.spines.items() if spine.vertebrae}


def _head(study: Study) -> list[str]:
    weights = shared_weights()
    films = [study.films.film(view) for view in study.films.views]
    return [
        notice_in_words(weights.notice),
        gettext(
            "{approximate} mm at the detector; px of the film as read.", approximate=gettext(APPROXIMATE)
        ),
        gettext("weights: {identity}", identity=weights.identity[:12]),
        gettext("date: {day}", day=f"{datetime.now(UTC):%Y-%m-%d}"),
        *(
            gettext("{view} film: {film}", view=film.view.label if film.view else "", film=film.name)
            for film in films
            if film is not None
        ),
        *(
            gettext(
                "{view} film: {angle}, {degrees:.1f} degrees",
                view=view.label,
                angle=_worded(angle),
                degrees=angle.degrees,
            )
            for view, spine in _measured(study.examination).items()
            for angle in _angles_of(study, view, spine)
        ),
        *filter(None, [_off(study, view, spine) for view, spine in _measured(study.examination).items()]),
        *([gettext("corners or levels corrected by hand")] if study.corrected else []),
        *([gettext("simulated patient")] if study.patient is not None else []),
        *(gettext("warning: {text}", text=text) for text in remarks(study)),
    ]


def _angles(study: Study, view: View, spine: Spine) -> str:
    """One line below the table: Cobb angles, or kyphosis and lordosis, as far as the film shows them."""
    found = [
        escape(f"{_worded(angle)}: {angle.degrees:z.0f}°".replace("-", "−"))
        for angle in _angles_of(study, view, spine)
    ]
    told = [gettext("; ").join(found), escape(_off(study, view, spine))]
    return f'<p class="mvm-quiet">{"<br>".join(filter(None, told))}</p>' if found else ""


def _off(study: Study, view: View, spine: Spine) -> str:
    """How far Cobb angles are off, as found; nothing without one, or where somebody corrected the corners."""
    told = view is View.AP and not study.corrected and _angles_of(study, view, spine)
    return cobb_error(shared_weights()) if told else ""


def _angles_of(study: Study, view: View, spine: Spine) -> tuple[Angle, ...]:
    film = study.films.film(view)
    return angles(spine, film.shape[0]) if film is not None else ()


def _worded(angle: Angle) -> str:
    return gettext(
        "{angle}, {upper} to {lower}",
        angle=capital(gettext(angle.name)),
        upper=angle.upper,
        lower=angle.lower,
    )


def _table(view: View, spine: Spine, question: str | None) -> str:
    unit = "px" if spine.scale.mm_per_pixel is None else "mm"
    last = gettext("Wedge") if view is View.LATERAL else gettext("Lopsided")
    heads = [
        gettext("{place}, {unit}", place=gettext(_PLACES[place]), unit=unit) for place in PLACES[spine.view]
    ]
    heads += [gettext("Upper endplate"), gettext("Lower endplate"), last, gettext("Height lost")]
    heads += [gettext("Genant")] if spine.view is View.LATERAL else []
    head = "".join(f'<th scope="col" class="number">{name}</th>' for name in heads)
    rows = "".join(_row(each, spine, each.level == question) for each in measure(spine))
    told = gettext("{view} film, {scale}", view=capital(view.label), scale=escape(_scale(spine)))
    return (
        f'<div class="mvm-table close measures"><table><caption>{told}</caption>'
        f'<thead><tr><th scope="col">{gettext("Level")}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(measures: Measures, spine: Spine, chosen: bool) -> str:
    heights = measures.heights_mm or measures.heights_px
    cells = [f"{height:.1f}" for height in heights.values()]
    cells += [f"{tilt:+z.1f}°".replace("-", "−") for tilt in (measures.upper_tilt, measures.lower_tilt)]
    cells.append(f"{measures.lopsided:.1f}°")
    cells.append("–" if measures.lost is None else f"{measures.lost:.0%}")
    if spine.view is View.LATERAL:
        cells.append("–" if measures.genant is None else str(measures.genant))
    row = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return f'<tr class="{"chosen" if chosen else ""}"><th scope="row">{measures.level}</th>{row}</tr>'


def _scale(spine: Spine) -> str:
    """Where millimetres come from."""
    scale = spine.scale
    if scale.mm_per_pixel is None:
        return gettext("heights in pixels: no scale is known")
    error = f", ± {scale.relative_error:.0%}" if scale.relative_error else ""
    return gettext("heights at the detector, scale from {source}{error}", source=scale.source, error=error)
