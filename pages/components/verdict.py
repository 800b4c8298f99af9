"""The verdict: nothing seen, a level that looks diseased, or no answer and why."""

from dataclasses import dataclass
from html import escape

import streamlit as st

from mvm_core.examination import Examination, LevelReading
from mvm_core.models import ReadingResult, Zone
from mvm_core.models.distance import UNLIKE
from mvm_core.models.registry import TITLES
from mvm_core.models.wording import probability_text
from pages.components.scale import scale, spread_holds
from pages.components.study import Study

QUESTION = (
    "The question to each vertebra was whether anything is wrong with it, such as a metastasis or a "
    "fracture; discs, joints and soft tissues were not asked about."
)
NOT_READ = "No vertebra was read"
WHAT_TO_DO = (
    "Draw a box around the vertebra in question (tool Level box); turn or swap films that hang wrong."
)


@dataclass(frozen=True)
class Said:
    """A verdict in words.

    Attributes
    ----------
    headline : str
        What is said, in a few words.
    figure : str
        The probability of a metastasis; empty where none is told.
    about : tuple of str
        What the headline means, one sentence each.
    """

    headline: str
    figure: str = ""
    about: tuple[str, ...] = ()


def verdict(study: Study, chosen: str) -> None:
    """Show the verdict large.

    Parameters
    ----------
    study : Study
    chosen : str
        The result to show where the level in question was read in full; empty where it was not.
    """
    words = said(study, chosen)
    who = " · ".join(filter(None, (_which(study), "simulated patient" if study.patient else "")))
    lines = [f'<div class="who">{escape(who)}</div>' if who else ""]
    if words.figure:
        lines.append(
            f'<div class="figure"><span class="probability">{escape(words.figure)}</span>'
            f'<span class="zone">{escape(words.headline)}</span></div>'
        )
        lines.append(scale(_result(study, chosen)))
    else:
        lines.append(f'<div class="headline">{escape(words.headline)}</div>')
    lines += [f'<div class="what">{escape(sentence)}</div>' for sentence in words.about]
    st.html(f'<div class="mvm-verdict" role="status">{"".join(lines)}</div>')


def in_one_line(study: Study, chosen: str, notice: str) -> str:
    """The verdict with the notice, for where nothing but the films is in sight."""
    if study.examination.unlike:
        return ". ".join(filter(None, (_which(study), UNLIKE, notice)))
    words = said(study, chosen)
    figure = f"{words.figure}, " if words.figure else ""
    return ". ".join(filter(None, (_which(study), f"{figure}{words.headline}", notice)))


def said(study: Study, chosen: str) -> Said:
    """What is said of a study."""
    examination = study.examination
    level = study.in_question
    if examination.reading is None:
        return _nothing_seen(examination) if examination.nothing_seen else _not_read(examination)
    if level is not None and study.looks_intact:
        return _nothing_seen_there(examination, level)
    return _diseased(study, level, _result(study, chosen))


def span_of(examination: Examination) -> str:
    """How many levels were read, and which: ``8 levels (T10 to L5)``."""
    names = [level.level for level in examination.levels if level.level]
    if len(names) < 2:
        return f"1 level ({names[0]})" if names else "1 level"
    return f"{len(names)} levels ({names[0]} to {names[-1]})"


def _which(study: Study) -> str:
    """The level in question and who chose it."""
    level = study.examination.level_in_question
    if level is None:
        return ""
    name = level or "The vertebra in the box"
    if study.boxed:
        return name if study.patient and not study.revision else f"{name}, in your box"
    return f"{name}, picked by you" if study.level is not None else f"{name}, most suspicious"


def _result(study: Study, chosen: str) -> ReadingResult:
    reading = study.reading
    if reading is None:
        raise ValueError("no level was read in full")
    return reading.results[chosen]


def _nothing_seen(examination: Examination) -> Said:
    highest = max(examination.levels, key=lambda level: level.probability_disease)
    at = f", at {highest.level}" if highest.level else ""
    return Said(
        f"Nothing seen on {span_of(examination)}",
        about=(
            f"Highest probability of disease: {probability_text(highest.probability_disease)}{at}.",
            QUESTION,
        ),
    )


def _nothing_seen_there(examination: Examination, level: LevelReading) -> Said:
    if examination.nothing_seen:
        others = f"Nor on any other of the {span_of(examination)}." if len(examination.levels) > 1 else ""
    else:
        others = _others(examination, level, "diseased")
    return Said(
        f"Nothing seen on {level.level or 'it'}",
        about=tuple(
            filter(
                None,
                (
                    f"Its probability of disease: {probability_text(level.probability_disease)}.",
                    others,
                    QUESTION,
                ),
            )
        ),
    )


def _diseased(study: Study, level: LevelReading | None, result: ReadingResult) -> Said:
    about = [f"Probability of metastasis (MVM), {TITLES[result.name]}{_members(result)}."]
    if level is not None:
        disease = probability_text(level.probability_disease)
        about.append(
            f"Probability that anything is wrong with {level.level or 'it'}: {disease}. "
            f"{_others(study.examination, level, 'diseased, too')}"
        )
    zone = study.zone_of(result).value
    return Said(zone[0].upper() + zone[1:], probability_text(result.probability), tuple(about))


def _members(result: ReadingResult) -> str:
    """How far an ensemble's members lie apart."""
    if result.spread is None:
        return ""
    low, high = (probability_text(end) for end in (result.spread.lowest, result.spread.highest))
    own = "" if spread_holds(result) else ", each on its own scale,"
    return f"; its {len(result.members)} members{own} range from {low} to {high}"


def _others(examination: Examination, but: LevelReading, how: str) -> str:
    """Which other levels look diseased."""
    names = [
        level.level
        for level in examination.levels
        if level.zone is not Zone.NOTHING_SEEN and level.level != but.level
    ]
    if not names:
        return ""
    return f"{', '.join(names)} look{'s' if len(names) == 1 else ''} {how}."


def _not_read(examination: Examination) -> Said:
    reasons = [
        f"{spine.film}: {spine.refused or 'it does not stand upright'}"
        for spine in examination.spines.values()
        if spine.refused is not None or spine.turned_degrees
    ]
    why = f"{'; '.join(reasons)}." if reasons else "No vertebra is seen well enough to be read."
    return Said(NOT_READ, about=(why, WHAT_TO_DO))
