"""Figures of what the models go by, and of the dose from which a focus is flagged."""

import textwrap

import pandas as pd
import plotly.graph_objects as go

from mvm_core.explain.dose import BY_MINERAL, BY_SIZE, PLACES
from mvm_core.explain.finding_switches import FINDINGS
from mvm_core.language import gettext, gettext_noop
from mvm_core.review.style import Look, layout, rate_axis

_GROUPS = {
    "mvm": gettext_noop("in vertebrae with a metastasis"),
    "bvf": gettext_noop("in vertebrae with a benign fracture"),
}
_SYMBOLS = {"mvm": "circle", "bvf": "square-open"}
# Okabe and Ito's colours; each place has a symbol and a dash of its own besides.
_STYLES = {
    gettext_noop("body front"): ("#e69f00", "circle", "solid"),
    gettext_noop("body middle"): ("#56b4e9", "square", "dash"),
    gettext_noop("body back"): ("#009e73", "diamond", "dot"),
    gettext_noop("pedicle"): ("#cc79a7", "triangle-up", "dashdot"),
    gettext_noop("posterior elements"): ("#d55e00", "x", "longdash"),
}
RULE, DOUBT, SEEN_FROM_MM = (30.0, 50.0), (3.0, 16.0), 10.0
"""Loss of mineral, in %, that a film is said to need (Ardran 1951); that sufficed in long bones
(10.11005/jbm.2016.23.3.135); and the size from which metastases are said to be seen (PubMed 19207068)."""

_AXES = {
    BY_SIZE: (gettext_noop("Diameter of the focus (mm)"), 1.0),
    BY_MINERAL: (gettext_noop("Mineral {} in the beam, mean over 1 cm (%)"), 100.0),
}

_LABEL = 44
"""Letters that a telephone shows on a line."""


def findings_figure(table: pd.DataFrame, reading: str, look: Look, title: str) -> go.Figure:
    """Mean change of one reading's logit by each finding switched alone, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame
        As `findings.change_by_finding` gives it.
    """
    own = table[table["reading"] == reading]
    names = [name for name in FINDINGS if own["finding"].eq(name).any()][::-1]
    figure = go.Figure()
    for group, words in _GROUPS.items():
        rows = own[own["group"] == group].set_index("finding")
        shown = [name for name in names if name in rows.index]
        if not shown:
            continue
        found = rows.loc[shown]
        colour = look.style.mvm if group == "mvm" else look.style.bvf
        # Both groups of a finding stand beside each other, not on each other.
        places = [names.index(name) + (0.14 if group == "mvm" else -0.14) for name in shown]
        figure.add_scatter(
            x=found["change"],
            y=places,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": found["high"] - found["change"],
                "arrayminus": found["change"] - found["low"],
                "thickness": 2,
                "width": 4,
            },
            mode="markers",
            name=gettext(words),
            marker={"color": colour, "symbol": _SYMBOLS[group], "size": 10, "line": {"width": 2}},
            customdata=[
                (gettext(FINDINGS[name].title), gettext(FINDINGS[name].with_it), int(count))
                for name, count in zip(shown, found["n"], strict=True)
            ],
            hovertemplate=(
                gettext("%{customdata[0]}, %{customdata[1]}: %{x:+.2f} logits, %{customdata[2]} patients")
                + "<extra></extra>"
            ),
        )
    figure.add_vline(x=0, line={"color": look.style.faint, "width": 1})
    layout(
        figure,
        look,
        title,
        {"title": {"text": gettext("Change of the logit (positive: towards MVM)")}},
        {
            "tickvals": list(range(len(names))),
            "showticklabels": False,
            "range": [-0.5, len(names) - 0.2],
        },
        height=150 + 64 * len(names),
    )
    for place, name in enumerate(names):
        # over its line, not beside it: there a telephone has no room for it
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=place + 0.21,
            yanchor="bottom",
            align="left",
            text="<br>".join(
                textwrap.wrap(f"{gettext(FINDINGS[name].title)} ({gettext(FINDINGS[name].with_it)})", _LABEL)
            ),
            showarrow=False,
            font={"size": 13},
            bgcolor=look.style.background,
            borderpad=0,
        )
    return figure.update_layout(margin={"l": 12, "b": 110})


def dose_figure(table: pd.DataFrame, asked: tuple[str, str, str], look: Look, title: str) -> go.Figure:
    """Share of foci flagged against their size, or against mineral, a line for each place.

    Parameters
    ----------
    table : DataFrame
        As `dose.dose_response` gives it.
    asked : (reading, kind, by)
        Whose flags; ``lytic`` or ``blastic``; `BY_SIZE` or `BY_MINERAL`.
    """
    reading, kind, by = asked
    words, times = _AXES[by]
    own = table[(table["reading"] == reading) & (table["by"] == by)]
    figure = go.Figure()
    for place in PLACES:
        rows = own[(own["kind"] == kind) & (own["place"] == place)].sort_values("mean")
        if rows.empty:
            continue
        colour, symbol, dash = _STYLES[place]
        figure.add_scatter(
            x=rows["mean"] * times,
            y=rows["flagged"],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": rows["high"] - rows["flagged"],
                "arrayminus": rows["flagged"] - rows["low"],
                "thickness": 1,
                "width": 3,
            },
            mode="lines+markers",
            name=gettext(place),
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 9},
            customdata=rows[["foci", "patients"]].to_numpy(),
            hovertemplate=(
                gettext(
                    "{place}: %{{y:.0%}} at %{{x:.0f}}, %{{customdata[0]}} foci in %{{customdata[1]}} "
                    "patients",
                    place=gettext(place),
                )
                + "<extra></extra>"
            ),
        )
    intact = table[(table["reading"] == reading) & (table["kind"] == "none")]
    if not intact.empty:
        share = float(intact["flagged"].iloc[0])
        figure.add_hline(y=share, line={"color": look.style.text, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            x=1, xref="paper", y=share, xanchor="right", yanchor="bottom", showarrow=False,
            text=gettext("intact vertebrae: {share:.0%}", share=share),
        )  # fmt: skip
    if by == BY_SIZE:
        _mark(figure, look, (SEEN_FROM_MM, SEEN_FROM_MM), gettext("said to be seen from about 1 cm on"))
    elif kind == "lytic":
        _mark(figure, look, RULE, gettext("30 to 50 %: old rule (Ardran 1951)"))
        _mark(figure, look, DOUBT, gettext("3 to 16 %: its doubters (long bones)"))
    x = {
        "title": {"text": gettext(words).format(gettext("lost") if kind == "lytic" else gettext("added"))},
        "rangemode": "tozero",
    }
    layout(
        figure,
        look,
        title,
        x,
        rate_axis(gettext("Share flagged"), tickformat=".0%", range=[0, 1.03]),
        height=540,
    )
    return figure.update_layout(margin={"b": 110})


def _mark(figure: go.Figure, look: Look, across: tuple[float, float], words: str) -> None:
    low, high = across
    if low == high:
        figure.add_vline(x=low, line={"color": look.style.faint, "dash": "dash", "width": 1.5})
    else:
        figure.add_vrect(
            x0=low, x1=high, fillcolor=look.style.second_band, line={"color": look.style.faint, "width": 1}
        )
    figure.add_annotation(
        x=(low + high) / 2, y=1.0, yref="paper", yanchor="top", textangle=-90, showarrow=False, text=words,
        font={"size": 12}, bgcolor=look.style.background,
    )  # fmt: skip
