"""The scorecard beside the weights: how far each kind of map has been shown to be right."""

from html import escape

import pandas as pd
import streamlit as st

from mvm_core.explain.catalogue import METHODS, PASSES_BELOW, SAME
from mvm_core.explain.faithfulness import FIRST
from mvm_core.explain.off_centre import GREATEST_MM
from mvm_core.explain.scorecard import FILE, read_scorecard
from mvm_core.language import capital, gettext, gettext_noop
from mvm_core.models.registry import QUESTIONS, READING_NAMES, title_of
from mvm_core.models.wording import QUESTION_WORDS
from pages.components.frame import shared_weights

_HEAD = {
    "pointing_game_vertebra": gettext_noop("peak in the vertebra"),
    "middle_in_vertebra": gettext_noop("middle of the square in the vertebra"),
    "pointing_game_lesion": gettext_noop("peak in the lesion"),
    "middle_in_lesion": gettext_noop("middle of the square in the lesion"),
    "share_inside_vertebra": gettext_noop("share in the vertebra"),
    "share_inside_lesion": gettext_noop("share in the lesion"),
    "iou_lesion": gettext_noop("IoU, lesion"),
    "auprc_lesion": gettext_noop("AUPRC, lesion"),
    "insertion_over_random": gettext_noop("insertion over random"),
    "insertion_over_centre": gettext_noop("insertion over centre"),
    "deletion_under_random": gettext_noop("deletion under random"),
    "deletion_under_centre": gettext_noop("deletion under centre"),
    "first_insertion_over_random": gettext_noop("insertion over random"),
    "first_insertion_over_centre": gettext_noop("insertion over centre"),
    "first_deletion_under_random": gettext_noop("deletion under random"),
    "first_deletion_under_centre": gettext_noop("deletion under centre"),
    "repeatability_shift": gettext_noop("same after 3 mm"),
    "repeatability_noise": gettext_noop("same after noise"),
    "repeatability_jpeg": gettext_noop("same after JPEG"),
    "agreement": gettext_noop("two trainings agree"),
    "randomised_head": gettext_noop("left, output shuffled"),
    "randomised_all": gettext_noop("left, all shuffled"),
    "twin_pointing": gettext_noop("peak of the change"),
    "twin_middle": gettext_noop("middle of the square"),
    "twin_share": gettext_noop("share of the change"),
    "twin_direction": gettext_noop("probability moved to the true side"),
}
_GROUPS = {
    "all": gettext_noop("all cases"),
    "mvm": gettext_noop("MVM"),
    "bvf": gettext_noop("BVF"),
    "sign": gettext_noop("MVM with sign"),
    "no-sign": gettext_noop("MVM without sign"),
    "lesion up to 15 mm": gettext_noop("MVM up to 15 mm"),
    "lesion 15 to 25 mm": gettext_noop("MVM, 15 to 25 mm"),
    "lesion over 25 mm": gettext_noop("MVM over 25 mm"),
}
_FAMILIES = {
    gettext_noop("Peak"): tuple(_HEAD)[:4],
    gettext_noop("Overlap"): tuple(_HEAD)[4:8],
    gettext_noop("Faithfulness"): tuple(_HEAD)[8:12],
    gettext_noop("Faithfulness, first pixels"): tuple(_HEAD)[12:16],
    gettext_noop("Sanity"): tuple(_HEAD)[16:22],
    gettext_noop("Twins"): tuple(_HEAD)[22:],
}

_MEANING = {
    "Peak": gettext_noop(
        "1 is perfect. How often the map's highest value lies there, or within 3 % of the side "
        "of the square (2.9 mm); and how often the middle of the square does, as a control."
    ),
    "Overlap": gettext_noop(
        "1 is perfect. Share: of the evidence for the true side. IoU: at a threshold fitted on "
        "tune cases. AUPRC: of the map's pixels."
    ),
    "Faithfulness": gettext_noop(
        "Above 0, the reading follows the pixels that the map ranks first better than those that "
        "a random map, or a map of the centre, ranks first: areas under the curve over all pixels."
    ),
    "Faithfulness, first pixels": gettext_noop(
        "Above 0, the reading follows the pixels that the map ranks first better than those that "
        "a random map, or a map of the centre, ranks first: areas under the curve over the first "
        "{first:.0%} of the pixels, after which little of the disease is left to take away or to put back."
    ),
    "Sanity": gettext_noop(
        "Same after a change, and two trainings: correlation of the maps, 1 is best. Left after shuffling: "
        "rank correlation with the map of shuffled weights. A method is not offered from {all:.2f} with all "
        "weights shuffled, or from {head:.2f} with the output layer's alone."
    ),
    "Twins": gettext_noop(
        "The same simulated body with and without the disease: how often the map changed most "
        "where the film did, how often the middle of the square lies there as a control, the "
        "share of the map's change there, and how often the probability moved to the true side. "
        "Where the film did: the convex hull of its changed edges."
    ),
}
_OF_DISEASE = {
    "Overlap": gettext_noop(
        "1 is perfect. Share: of the evidence for disease. IoU: at a threshold fitted on "
        "tune cases. AUPRC: of the map's pixels."
    ),
}
"""Where it is another for maps of disease."""

_EVIDENCE = {
    "mvm": gettext_noop("Evidence for the side that is true of each case"),
    "disease": gettext_noop("Evidence for disease, which each case has, be it a metastasis or a fracture"),
}

FEWEST = 3
"""Of fewer cases no interval is shown."""


@st.cache_data(show_spinner=False, max_entries=4)
def _table(path: str, changed: int) -> pd.DataFrame | None:
    from pathlib import Path

    return read_scorecard(Path(path))


def current_scorecard() -> pd.DataFrame | None:
    """The scorecard of the weights in use; None where there is none or it is of other weights.

    Raises
    ------
    TableError
        If the file is no scorecard.
    """
    weights = shared_weights()
    path = weights.folder / FILE
    table = _table(str(path), path.stat().st_mtime_ns if path.is_file() else 0)
    if table is None:
        return None
    own = table[table["weights"] == weights.identity[:12]]
    return None if own.empty else own


def failed_methods(table: pd.DataFrame | None) -> frozenset[str]:
    """Methods whose map stayed the same when weights were shuffled: these are not offered."""
    if table is None:
        return frozenset()
    means = table[table["group"] == "all"].groupby(["method", "metric"])["value"].mean()
    failed = set()
    for method in METHODS:
        if means.get((method, "randomised_all"), 0.0) >= PASSES_BELOW:
            failed.add(method)
        if means.get((method, "randomised_head"), 0.0) >= SAME:
            failed.add(method)
    return frozenset(failed)


def tested_methods(table: pd.DataFrame | None) -> frozenset[str]:
    """Methods whose maps were compared with those of shuffled weights."""
    if table is None:
        return frozenset()
    return frozenset(table.loc[table["metric"] == "randomised_all", "method"])


@st.fragment
def scorecard() -> None:
    """Show the scorecard, or the command that makes one."""
    table = current_scorecard()
    if table is None:
        st.info(
            gettext(
                "No scorecard beside these weights: run `python -m mvm_core explain-score COHORT --out "
                "{name}/{file}` with a cohort whose lesions are known.",
                name=shared_weights().folder.name,
                file=FILE,
            )
        )
        return
    question = _choose_question(table)
    table = table[table["question"] == question]
    source = table.iloc[0]
    films = gettext("simulated films") if source["simulated"] else gettext("films")
    st.html(
        '<div class="mvm-quiet">'
        + capital(
            gettext(
                "{split} split of cohort {cohort}, {films}; weights {weights}. {evidence}; cases are "
                "taken with MVM and BVF in turn, and each square is moved off the level by up to "
                "{greatest_mm:g} mm along each axis. Means over patients with 95 % intervals, "
                "Wilson's of what each patient meets or does not and else the bootstrap's, then n.",
                split=escape(str(source["split"])),
                cohort=escape(str(source["cohort"])),
                films=films,
                weights=escape(str(source["weights"])),
                evidence=gettext(_EVIDENCE[question]),
                greatest_mm=GREATEST_MM,
            )
        )
        + "</div>"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # Of maps of disease not all figures are worked out.
        worked_out = [name for name, own in _FAMILIES.items() if table["metric"].isin(own).any()]
        family = st.selectbox(
            gettext("Figures"),
            list(_FAMILIES) if question == QUESTIONS[0] else worked_out,
            format_func=gettext,
            width=200,
        )
        present = [group for group in _GROUPS if table["group"].eq(group).any()]
        group = st.selectbox(
            gettext("Cases"), present, format_func=lambda name: gettext(_GROUPS[name]), width=220
        )
    st.html(f'<div class="mvm-quiet">{_meaning(family, question)}</div>')
    st.html(_html(table[table["group"] == group], _FAMILIES[family]))


def _meaning(family: str, question: str) -> str:
    """What the figures of a family mean."""
    text = _MEANING[family] if question == QUESTIONS[0] else _OF_DISEASE.get(family, _MEANING[family])
    return gettext(text, first=FIRST, all=PASSES_BELOW, head=SAME)


def _choose_question(table: pd.DataFrame) -> str:
    """Ask which question's maps, where the table scores more than one."""
    present = [question for question in QUESTIONS if table["question"].eq(question).any()]
    if len(present) < 2:
        return present[0]
    return st.radio(
        gettext("Maps that answer"),
        present,
        format_func=lambda each: QUESTION_WORDS[each].title,
        horizontal=True,
        key="scored-question",
    )


def _html(table: pd.DataFrame, metrics: tuple[str, ...]) -> str:
    by_key = {(row["reading"], row["method"], row["metric"]): row for row in table.to_dict("records")}
    used = [metric for metric in metrics if any(key[2] == metric for key in by_key)]
    pairs = {(reading, method) for reading, method, metric in by_key if metric in used}
    ordered = [(r, m) for m in METHODS for r in READING_NAMES if (r, m) in pairs]
    if not ordered:
        return (
            '<div class="mvm-quiet">'
            + gettext("None of these figures was worked out for these cases.")
            + "</div>"
        )
    head = "".join(f'<th scope="col">{escape(gettext(_HEAD[metric]))}</th>' for metric in used)
    body = "".join(
        f'<tr><th scope="row">{escape(title_of(reading))}</th><td>{escape(METHODS[method].title)}</td>'
        + "".join(f"<td>{_cell(by_key.get((reading, method, metric)))}</td>" for metric in used)
        + "</tr>"
        for reading, method in ordered
    )
    return (
        f'<div class="mvm-table"><table><thead><tr><th scope="col">{gettext("Reading")}</th>'
        f'<th scope="col">{gettext("Method")}</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(row: dict | None) -> str:  # type: ignore[type-arg]
    if row is None:
        return "–"
    # of a handful of cases an interval says nothing
    few = row["n"] < FEWEST
    interval = (
        ""
        if few or pd.isna(row["low"])
        else gettext(" ({low:.2f} to {high:.2f})", low=row["low"], high=row["high"])
    )
    return f"{row['value']:.2f}{interval}, {row['n']}"
