"""What the models go by, and at which dose a focus is flagged: figures of the tables beside the weights."""

from html import escape
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from mvm_core.explain import dose, findings
from mvm_core.explain.finding_figures import dose_figure, findings_figure
from mvm_core.explain.readings import ALL_NAMES, DISEASE
from mvm_core.explain.simulated_table import COMMAND, read_table
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.notice import notice_in_words
from mvm_core.models.registry import TITLES, leading_of
from mvm_core.models.wording import HIGH_SPECIFICITY
from mvm_core.provenance import Provenance, with_head
from mvm_core.review.style import SCREEN, Look
from pages.components.frame import errors_told, shared_weights

_TITLES = {**TITLES, DISEASE: gettext_noop("Disease (anything wrong)")}
_BY = {gettext_noop("Mineral"): dose.BY_MINERAL, gettext_noop("Size"): dose.BY_SIZE}
_CLASSES = {"Mineral": gettext_noop("mineral"), "Size": gettext_noop("size")}
_FLAGGED = gettext_noop("from its {point} on")
_FLAGGED_DISEASE = gettext_noop("where it counts the vertebra as diseased")
_RULE = gettext_noop(
    "Shaded: the rule that 30 to 50 % of the mineral must be lost before a film shows it "
    "(Ardran 1951), and the 3 to 16 % that sufficed in long bones (2016) and dispute it. "
)


@st.cache_data(show_spinner=False, max_entries=8)
def _cached(path: str, columns: tuple[str, ...], weights: str, changed: int) -> pd.DataFrame | None:
    return read_table(Path(path), columns, weights)


def _table(name: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """A table of the weights in use; None where there is none.

    Raises
    ------
    TableError
        If the file is no such table.
    """
    weights = shared_weights()
    path = weights.folder / name
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    return _cached(str(path), columns, weights.identity[:12], changed)


@st.fragment
def going_by() -> None:
    """Show both figures, or the command that makes their tables."""
    with errors_told():
        _figures()


def _figures() -> None:
    changes, doses = _table(findings.FILE, findings.COLUMNS), _table(dose.FILE, dose.COLUMNS)
    if changes is None or doses is None:
        missing = findings.FILE if changes is None else dose.FILE
        st.info(
            gettext(
                "No {missing} of these weights beside them: run `{command} --weights {name}`, which "
                "simulates the patients that it needs.",
                missing=missing,
                command=COMMAND,
                name=shared_weights().folder.name,
            )
        )
        return
    present = [name for name in ALL_NAMES if changes["reading"].eq(name).any()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reading = st.selectbox(
            gettext("Reading asked"),
            present,
            index=present.index(leading_of(present)),
            format_func=_title,
            width=260,
        )
        kind = st.segmented_control(
            gettext("Focus"), list(dose.KINDS), default=dose.KINDS[0], required=True, format_func=gettext
        )
        by = st.segmented_control(
            gettext("Against"), list(_BY), default="Mineral", required=True, format_func=gettext
        )
    _show_changes(changes, reading)
    _show_dose(doses, reading, (str(kind), str(by)))


def _title(reading: str) -> str:
    return gettext(_TITLES[reading])


def _source(table: pd.DataFrame, patients: int) -> str:
    row = table.iloc[0]
    return gettext(
        "{patients} simulated patients of site {site}, seed {seed}; weights {weights}. It says "
        "nothing of films of patients.",
        patients=patients,
        site=row["site"],
        seed=row["seed"],
        weights=row["weights"],
    )


def _show_changes(table: pd.DataFrame, reading: str) -> None:
    everyone = table[(table["reading"] == reading) & (table["group"] == "all")]
    least = everyone["n"].min()
    _show(
        findings_figure(
            table, reading, _look(table), gettext("What it goes by: {reading}", reading=_title(reading))
        ),
        "findings",
        gettext(
            "Each finding alone switched off and on in the same simulated body, exposure and noise: "
            "mean change of the logit, with its 95 % bootstrap interval by patient. Half of the "
            "patients have a metastasis; tilt and cleft are asked of collapsed vertebrae alone, "
            "{least} here. ",
            least=least,
        )
        + _source(table, int(everyone["n"].max())),
    )
    _download(table, "changes-by-finding", int(everyone["n"].max()))


def _show_dose(table: pd.DataFrame, reading: str, asked: tuple[str, str]) -> None:
    kind, by = asked
    told = _FLAGGED_DISEASE if reading == DISEASE else _FLAGGED
    rule = _RULE if (by, kind) == ("Mineral", "lytic") else ""
    title = gettext("Share of {kind} foci flagged: {reading}", kind=gettext(kind), reading=_title(reading))
    _show(
        dose_figure(table, (reading, kind, _BY[by]), _look(table), title),
        "dose",
        gettext(
            "One focus alone in an otherwise intact vertebra, flagged by the reading {told}; each "
            "point stands at the mean of its class of {by}, with its 95 % interval by patient. {rule}",
            told=gettext(told, point=gettext(HIGH_SPECIFICITY)),
            by=gettext(_CLASSES[by]),
            rule=gettext(rule) if rule else "",
        )
        + _source(table, int(table["patients"].max())),
    )
    _download(table, "dose", int(table["patients"].max()))


def _look(table: pd.DataFrame) -> Look:
    return Look(SCREEN, gettext("Simulated films; weights {weights}", weights=table["weights"].iloc[0]))


def _show(figure: go.Figure, name: str, caption: str) -> None:
    st.plotly_chart(
        figure,
        theme=None,
        config={
            "displaylogo": False,
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": {"format": "svg", "filename": name},
        },
        key=f"figure-{name}",
        alt=f"{figure.layout.title.text.replace('<br>', '. ')}. {caption}",
    )
    st.html(f'<div class="mvm-quiet">{escape(caption)}</div>')


def _download(table: pd.DataFrame, name: str, patients: int) -> None:
    weights = shared_weights()
    origin = Provenance(
        notice_in_words(weights.notice), weights.identity[:12], cohort=_source(table, patients)
    )
    head = [] if st.session_state.get("bare-tables", False) else origin.lines()
    st.download_button(
        gettext("{table} (CSV)", table=gettext(name.replace("-", " ").capitalize())),
        with_head(table.to_csv(index=False), head),
        f"{name}.csv",
        "text/csv",
        key=f"csv-{name}",
        on_click="ignore",
    )
