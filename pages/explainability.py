"""The explainability page: where the evidence of a reading lies, and that it adds up to its logit."""

from html import escape

import numpy as np
import streamlit as st

from mvm_core.models import Reading, ReadingResult
from mvm_core.models.registry import SINGLE_READINGS, TITLES
from pages.components.frame import frame, shared_reader, tell
from pages.components.hanging import hang_films
from pages.components.intake import simulate_form, simulate_where_asked
from pages.components.study import Study, current_error, current_study


def _mean_and_bias(result: ReadingResult) -> tuple[float, float]:
    """Mean over all cells of a single reading's evidence, and the bias of its network, in logits."""
    cells = np.concatenate([evidence.values.ravel() for evidence in result.evidence.values()])
    network = SINGLE_READINGS[result.name].network
    return float(cells.mean(dtype=np.float64)), shared_reader().weights.networks[network].bias


def _sums(reading: Reading, chosen: str) -> str:
    rows = []
    for name in SINGLE_READINGS:
        result = reading.results.get(name)
        if result is None or result.logit is None:
            continue
        mean, bias = _mean_and_bias(result)
        difference = abs(mean + bias - result.logit)
        rows.append(
            f'<tr class="{"chosen" if name == chosen else ""}"><th scope="row">{escape(TITLES[name])}</th>'
            f'<td class="number">{mean:+.4f}</td><td class="number">{bias:+.4f}</td>'
            f'<td class="number">{mean + bias:+.4f}</td><td class="number">{result.logit:+.4f}</td>'
            f'<td class="number">{difference:.1e}</td></tr>'
        )
    head = "".join(
        f'<th scope="col" class="number">{text}</th>'
        for text in ("mean of map", "bias", "sum", "logit", "difference")
    )
    return (
        '<div class="mvm-table"><table><thead><tr><th scope="col">Single reading</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _explain(study: Study) -> None:
    names = list(study.reading.results)
    chosen = st.selectbox(
        "Reading",
        names,
        index=names.index(study.reading.leading.name),
        format_func=TITLES.__getitem__,
        width=260,
    )
    result = study.reading.results[chosen]
    st.html(
        f'<div class="mvm-film"><b>{escape(TITLES[chosen])}</b>: probability of MVM '
        f"{result.probability:.2f}, {result.zone.value}. Orange speaks for MVM, blue for BVF, in logits, "
        "on one scale for both films.</div>"
    )
    hang_films(study, chosen)
    st.subheader("The map adds up to the reading")
    st.markdown(
        "The mean of a single reading's evidence map plus its network's bias is its logit, here checked "
        "for these films, in logits. An ensemble's map is the mean of its members' maps, each divided by its "
        "temperature."
    )
    st.html(_sums(study.reading, chosen))


def _page() -> None:
    simulate_where_asked()
    error = current_error()
    if error is not None:
        tell(error)
    st.header("Where the evidence lies")
    study = current_study()
    if study is None:
        st.markdown(
            "There are no films in this session yet. Drop some on the Upload page, or simulate a patient."
        )
        simulate_form()
    else:
        _explain(study)


frame()
_page()
