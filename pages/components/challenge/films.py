"""The films of a case in the viewer; those of the next case travel ahead."""

import streamlit as st

from mvm_core.challenge import Case, Challenge, ChallengeFilm
from mvm_core.language import capital, gettext
from mvm_core.models.overlay import EVIDENCE_SCALE
from mvm_core.models.registry import TITLES
from mvm_core.spine import LEVELS
from pages.components.viewer import Listeners, mount, pack, picked_level, question_data, send
from pages.components.viewer.words import words_in_use


def level_key(number: int) -> str:
    """Where the session keeps the level pointed at in a case."""
    return f"challenge-level-{number}"


def show_case_films(playing: Challenge, case: Case, level: str | None, *, revealed: bool) -> None:
    """Show a case's films: with nothing but names of levels, or with map and truth.

    Parameters
    ----------
    playing : Challenge
    case : Case
    level : str or None
        The one pointed at.
    revealed : bool
        Whether the browser may know the truth and the model's answer.
    """
    model = case.model
    flagged = model.flagged if revealed else ()
    evidence = {}
    if revealed:
        evidence = {
            film.view.value: {"values": film.evidence, "region": film.evidence_region}
            for film in case.films
            if film.evidence is not None
        }
    data = {
        "study": _study(playing, case),
        "revision": st.session_state.get(_revision_key(case), 0),
        "plain": True,
        "films": [_film(playing, case, film) for film in case.films],
        "boxes": {},
        "vertebrae": {
            film.view.value: [
                {"level": name, "corners": corners, "diseased": name in flagged}
                for name, corners in film.vertebrae
            ]
            for film in case.films
        },
        "levels": LEVELS,
        "read": list(case.levels),
        "question": level,
        "regions": {
            film.view.value: list(film.region) for film in case.films if revealed and film.region is not None
        },
        "asked": [question_data("mvm")],
        "evidence": {"mvm": {model.reading: evidence}} if revealed else {},
        "readings": [{"name": model.reading, "title": TITLES[model.reading]}] if revealed else [],
        "selected": model.reading if revealed else "",
        "scale": EVIDENCE_SCALE,
        "outlines": {film.view.value: film.lesion for film in case.films} if revealed else {},
        "said": gettext("Simulated films"),
        "words": words_in_use(),
    }
    nothing = _nothing
    pick = nothing if revealed else _take_pick
    st.session_state["challenge-shown"] = (case.number, case.levels, data["study"])
    mount(data, _packed(playing, case), Listeners(nothing, nothing, pick))


def _nothing() -> None:
    """A case of the challenge has no boxes and no corners to move."""


def _take_pick() -> None:
    """Keep the level that was clicked in the viewer; the browser's word is checked like any other input."""
    picked = picked_level()
    number, levels, study = st.session_state.get("challenge-shown", (0, (), ""))
    if picked is None or picked.study != study or picked.level not in levels:
        return
    st.session_state[f"challenge-revision-{number}"] = picked.revision
    st.session_state[level_key(number)] = picked.level


def _revision_key(case: Case) -> str:
    return f"challenge-revision-{case.number}"


def _study(playing: Challenge, case: Case) -> str:
    return f"challenge-{playing.identity}-{case.number}"


def _id(playing: Challenge, case: Case, film: ChallengeFilm) -> str:
    return f"{_study(playing, case)}-{film.view.value}"


def _film(playing: Challenge, case: Case, film: ChallengeFilm) -> dict[str, object]:
    return {
        "id": _id(playing, case, film),
        "view": film.view.value,
        "label": capital(film.view.label),
        "rows": film.rows,
        "columns": film.columns,
    }


def _packed(playing: Challenge, case: Case) -> bytes:
    """The films of this case and of the next, so that the browser has them before they are asked for."""
    header: list[dict[str, object]] = []
    pictures = []
    for each in playing.cases[case.number - 1 : case.number + 1]:
        for film in each.films:
            picture = playing.picture(film)
            header.append({**_film(playing, each, film), "jpeg": len(picture)})
            pictures.append(picture)
    return pack(header, pictures)


def send_ahead(playing: Challenge) -> None:
    """Let the browser have the first case's films while a nickname is being typed."""
    first = playing.cases[0]
    pictures = [playing.picture(film) for film in first.films]
    header = [
        {**_film(playing, first, film), "jpeg": len(picture)}
        for film, picture in zip(first.films, pictures, strict=True)
    ]
    send(pack(header, pictures))
