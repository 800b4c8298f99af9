"""The end of a game: the visitor's cases beside the model's, and where all visitors stand."""

from html import escape

import streamlit as st

from mvm_core.challenge import (
    Answer,
    Challenge,
    Score,
    Visitor,
    model_score,
    points,
    pooled,
    pooled_model,
    score_of,
    standings,
)
from mvm_core.challenge.scores import is_right
from mvm_core.language import gettext
from mvm_core.models.wording import percent_text
from pages.components.challenge.figure import rate_in_words, rates_table, roc_figure
from pages.components.challenge.setting import leave, store
from pages.components.challenge.standing import strip_of_points
from pages.components.challenge.words import SAME_SIMULATOR, WHAT_POINTS_MEAN, name_of


def end(playing: Challenge, who: Visitor, given: tuple[Answer, ...]) -> None:
    """Show the result."""
    kept = store(playing)
    everyone, answers = kept.visitors(), kept.answers()
    own, theirs = score_of(playing, given), model_score(playing)
    if own is None:
        return
    st.html(f'<div class="mvm-progress"><h1>{escape(_headline(who, own, theirs))}</h1></div>')
    with st.container(key="challenge-end"):
        mine, all_of_us = st.columns([1, 1], gap="large")
        with mine:
            st.html(_totals(playing, own, theirs))
            st.html(_table(playing, given))
            with st.container(horizontal=True):
                st.button(gettext("New game"), type="primary", on_click=leave, key="challenge-again")
                st.button(
                    gettext("Forget my answers"),
                    on_click=_forget,
                    args=(playing, who),
                    key="challenge-forget",
                )
        with all_of_us:
            found = standings(playing, everyone, answers)
            st.html(f"<h2>{escape(gettext('Where everybody stands'))}</h2>")
            st.html(strip_of_points(found, theirs, who.id))
            together, model = pooled(playing, answers), pooled_model(playing)
            st.plotly_chart(
                roc_figure(together, model, large=False),
                theme=None,
                key="challenge-roc",
                config={"displayModeBar": False},
                alt=gettext("ROC curves of all visitors' ratings and of the model. Simulated films."),
            )
            st.html(rates_table(together, model))
            st.html(f'<div class="mvm-quiet">{escape(gettext(SAME_SIMULATOR))}</div>')


def _forget(playing: Challenge, who: Visitor) -> None:
    store(playing).forget(who.id)
    leave()


def _headline(who: Visitor, own: Score, theirs: Score) -> str:
    told = {"name": name_of(who), "own": own.points, "model": theirs.points}
    if round(own.points) > round(theirs.points):
        return gettext("{name}: {own:.0f} points. You beat the model ({model:.0f}).", **told)
    if round(own.points) == round(theirs.points):
        return gettext("{name}: {own:.0f} points, as many as the model.", **told)
    return gettext("{name}: {own:.0f} points; the model has {model:.0f}.", **told)


def _totals(playing: Challenge, own: Score, theirs: Score) -> str:
    rows = [
        (gettext("Points"), *(f"{each.points:.0f}" for each in (own, theirs))),
        (gettext("Brier score (0 is best)"), *(f"{each.brier:.3f}" for each in (own, theirs))),
        (gettext("Called rightly"), *(rate_in_words(each.right) for each in (own, theirs))),
        (gettext("Right level"), *(rate_in_words(each.level_right) for each in (own, theirs))),
    ]
    if playing.timed and own.seconds is not None:
        rows.append((gettext("Median time"), gettext("{seconds:.0f} s", seconds=own.seconds), ""))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(mine)}</td><td>{escape(model)}</td></tr>'
        for name, mine, model in rows
    )
    return (
        f'<div class="mvm-table"><table><thead><tr><td></td><th scope="col">{escape(gettext("You"))}</th>'
        f'<th scope="col">{escape(gettext("The model"))}</th></tr></thead><tbody>{body}</tbody></table></div>'
        f'<div class="mvm-quiet">{escape(gettext(WHAT_POINTS_MEAN))}</div>'
    )


def _table(playing: Challenge, given: tuple[Answer, ...]) -> str:
    head = (
        gettext("Case"),
        gettext("Truth"),
        gettext("You"),
        gettext("Points"),
        gettext("The model"),
        gettext("Points"),
    )
    body = ""
    for answer in given:
        case = playing.case(answer.number)
        cells = [gettext("{label} of {level}", label=case.label.upper(), level=case.level)]
        said = (f"{answer.probability:.0%}", percent_text(case.model.probability))
        for probability, percent in zip((answer.probability, case.model.probability), said, strict=True):
            mark = "✓" if is_right(probability, case) else "✗"
            cells += [
                f"{mark} {gettext('{percent} MVM', percent=percent)}",
                f"{points(probability, is_mvm=case.is_mvm):.0f}",
            ]
        body += (
            f'<tr><th scope="row">{case.number}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
        )
    headed = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    return (
        f'<div class="mvm-table close"><table><thead><tr>{headed}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
