"""The ROC curve of all visitors' ratings beside the model's, and the rates at one point."""

from html import escape

import plotly.graph_objects as go

from mvm_core.challenge import Pooled
from mvm_core.language import gettext, ngettext
from mvm_core.review.style import SCREEN, Look, layout, rate_axis
from mvm_core.validation import Rate
from mvm_core.validation.roc import AucEstimate


def roc_figure(visitors: Pooled | None, model: Pooled | None, *, large: bool) -> go.Figure:
    """Both curves; visitors' as soon as both groups were rated."""
    look = Look(SCREEN, gettext("Simulated films; not a medical device"), large=large)
    style, figure = look.style, go.Figure()
    width = 5 if large else 3
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": style.faint, "width": 1}, hoverinfo="skip",
        name=gettext("chance"),
    )  # fmt: skip
    if model is not None:
        _add(figure, model, _named(gettext("the model"), model), style.second, "dash", width)
    if visitors is not None:
        who = ngettext("{count} visitor", "{count} visitors, pooled", visitors.readers)
        _add(figure, visitors, _named(who, visitors), style.accent, "solid", width)
    # No larger than the line that says what films these are.
    figure.update_layout(xaxis_title_font_size=look.text_px, yaxis_title_font_size=look.text_px)
    return layout(
        figure,
        look,
        gettext("Visitors and the model"),
        rate_axis(gettext("1 − specificity")),
        rate_axis(gettext("Sensitivity"), scaleanchor="x"),
        620 if large else 430,
    )


def _add(figure: go.Figure, found: Pooled, name: str, colour: str, dash: str, width: int) -> None:
    figure.add_scatter(
        x=1 - found.curve.specificity,
        y=found.curve.sensitivity,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        name=name,
        # a perfect curve lies upon the frame, and is drawn whole
        cliponaxis=False,
    )
    if found.sensitivity.value is not None and found.specificity.value is not None:
        figure.add_scatter(
            x=[1 - found.specificity.value], y=[found.sensitivity.value], mode="markers", showlegend=False,
            marker={"color": colour, "size": 4 * width, "line": {"color": SCREEN.background, "width": 2}},
            hoverinfo="skip", cliponaxis=False,
        )  # fmt: skip


def _named(who: str, found: Pooled) -> str:
    return gettext(
        "{who}: area {area}, {ratings} ratings", who=who, area=area_text(found.area), ratings=found.ratings
    )


def area_text(area: AucEstimate) -> str:
    """An area with its interval."""
    if area.ci95 is None:
        return gettext("{area:.2f} (no interval can be computed)", area=area.auc)
    return gettext("{area:.2f} ({low:.2f} to {high:.2f})", area=area.auc, low=area.ci95[0], high=area.ci95[1])


def rate_in_words(rate: Rate) -> str:
    """A rate with its cases and interval."""
    if rate.value is None:
        return gettext("none yet")
    return gettext(
        "{value:.0%}, {k}/{n} ({low:.0%} to {high:.0%})",
        value=rate.value,
        k=rate.successes,
        n=rate.total,
        low=rate.low,
        high=rate.high,
    )


def rates_table(visitors: Pooled | None, model: Pooled | None) -> str:
    """Sensitivity and specificity of both, as HTML."""
    columns = [(gettext("Visitors"), visitors), (gettext("The model"), model)]
    rows = (
        (gettext("Sensitivity: metastasis called metastasis"), lambda found: found.sensitivity),
        (gettext("Specificity: fracture called fracture"), lambda found: found.specificity),
    )
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name, _ in columns)
    body = ""
    for title, rate in rows:
        cells = "".join(
            f"<td>{escape(rate_in_words(rate(found)) if found is not None else gettext('none yet'))}</td>"
            for _, found in columns
        )
        body += f'<tr><th scope="row">{escape(title)}</th>{cells}</tr>'
    note = gettext(
        "Called metastasis from 50% on. Shares with 95% intervals; those of visitors take the ratings of a "
        "case together, and tell of cases like these, read by these visitors."
    )
    return (
        f'<div class="mvm-table"><table><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
        f'<div class="mvm-quiet">{escape(note)}</div>'
    )
