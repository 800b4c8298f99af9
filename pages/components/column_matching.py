"""Which column of a user's table is what: the first rows, and a guess for each column to be confirmed."""

from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from mvm_core.cohort import ColumnMap
from mvm_core.cohort.columns import distinct, label_values
from mvm_core.language import gettext, gettext_noop
from pages.components.frame import plain

NOT_USED, SCORE, SUBGROUP = (
    gettext_noop("not used"),
    gettext_noop("score of a reading"),
    gettext_noop("subgroup to compare"),
)
ROLES = {
    "label": gettext_noop("reference standard"),
    "case": gettext_noop("case"),
    "patient": gettext_noop("patient (has several cases)"),
    "reading": gettext_noop("name of the reading"),
    "split": gettext_noop("cohort or split"),
    "site": gettext_noop("site"),
    "sign": gettext_noop("sign on the film"),
    "level": gettext_noop("level"),
    "age": gettext_noop("age"),
    "sex": gettext_noop("sex"),
}
MOST_COLUMNS = 40
_ROWS, _VALUES = 5, 3


def match_columns(
    frame: pd.DataFrame, guessed: ColumnMap, digest: str, on_confirmed: Callable[[ColumnMap], None]
) -> None:
    """Show the first rows and ask of each column what it is.

    Parameters
    ----------
    frame : DataFrame of str
    guessed : ColumnMap
        What is chosen at first.
    digest : str
        Names the table.
    on_confirmed : callable
        Called with what each column is once the user has confirmed it.
    """
    names = _in_question(frame, guessed)
    _preview(frame[names])
    if len(names) < len(frame.columns):
        unused = len(frame.columns) - len(names)
        st.html(
            '<div class="mvm-quiet">'
            + gettext("{count} further columns are not used.", count=unused)
            + "</div>"
        )
    st.markdown(gettext("**What is each column?** The guesses are to be confirmed."))
    chosen: dict[str, str] = {}
    for start in range(0, len(names), 4):
        for place, name in zip(st.columns(4), names[start : start + 4], strict=False):
            chosen[name] = _ask(place, frame, name, _role_of(name, guessed), digest)
    columns, problem = _gather(chosen)
    labels = label_values(frame, columns.label)[:20]
    positive = ""
    if labels:
        asked = gettext("Which value of {column} stands for MVM?", column=plain(columns.label))
        first = labels.index(guessed.positive) if guessed.positive in labels else None
        key = f"positive-{digest}-{columns.label}"
        positive = st.radio(asked, labels, index=first, horizontal=True, key=key) or ""
    as_scores = st.checkbox(
        gettext("Take the scores as numbers of any size, without calibration"),
        value=guessed.as_scores,
        key=f"as-scores-{digest}",
    )
    if problem:
        st.warning(problem)
    matched = replace(columns, positive=positive, as_scores=as_scores)
    st.button(
        gettext("Use these columns"),
        type="primary",
        disabled=bool(problem),
        key=f"use-{digest}",
        on_click=on_confirmed,
        args=(matched,),
    )


def _in_question(frame: pd.DataFrame, guessed: ColumnMap) -> list[str]:
    """The columns that are asked about: those with a guess first, no more than can be gone through."""
    names = [name for name in frame.columns if name]
    if len(names) <= MOST_COLUMNS:
        return names
    likely = [name for name in names if _role_of(name, guessed) != NOT_USED]
    others = [name for name in names if name not in set(likely)]
    return [*likely, *others][: max(MOST_COLUMNS, len(likely[:100]))]


def _role_of(name: str, columns: ColumnMap) -> str:
    if name in columns.scores:
        return SCORE
    if name in columns.groups:
        return SUBGROUP
    return next((title for role, title in ROLES.items() if getattr(columns, role) == name), NOT_USED)


def _ask(place: Any, frame: pd.DataFrame, name: str, guess: str, digest: str) -> str:
    options = [NOT_USED, SCORE, *ROLES.values(), SUBGROUP]
    with place:
        role = st.selectbox(
            plain(name),
            options,
            index=options.index(guess),
            format_func=gettext,
            key=f"column-{digest}-{name}",
        )
        values = distinct(frame[name])
        more = gettext(", ... ({values} different)", values=len(values)) if len(values) > _VALUES else ""
        st.html(f'<div class="mvm-quiet">{escape(", ".join(values[:_VALUES]))}{more}</div>')
    return str(role)


def _gather(chosen: dict[str, str]) -> tuple[ColumnMap, str]:
    """The columns by what they are, and one sentence where that cannot be."""
    found: dict[str, str] = {}
    problem = ""
    for role, title in ROLES.items():
        named = [name for name, what in chosen.items() if what == title]
        if len(named) > 1:
            problem = gettext(
                "Two columns are called the {title}: {named}. Keep one.",
                title=gettext(title),
                named=plain(", ".join(named)),
            )
        if named:
            found[role] = named[0]
    columns = ColumnMap(
        **found,
        scores=tuple(name for name, what in chosen.items() if what == SCORE),
        groups=tuple(name for name, what in chosen.items() if what == SUBGROUP),
    )
    return columns, problem


def _preview(frame: pd.DataFrame) -> None:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in frame.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(text[:60])}</td>' for text in row)}</tr>"
        for row in frame.head(_ROWS).itertuples(index=False)
    )
    told = gettext("The first rows of {rows:,}", rows=len(frame))
    label = gettext("First rows of the table")
    st.html(
        f'<div class="mvm-table close" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<caption>{told}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
