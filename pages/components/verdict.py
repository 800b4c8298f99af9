"""The verdict: nothing seen, a level that looks diseased, or no answer and why."""

from dataclasses import dataclass
from html import escape

import streamlit as st

from mvm_core.examination import Examination, LevelReading
from mvm_core.language import capital, gettext, gettext_noop, ngettext
from mvm_core.models import ReadingResult, Zone
from mvm_core.models.distance import UNLIKE
from mvm_core.models.notice import notice_in_words
from mvm_core.models.registry import title_of
from mvm_core.models.wording import probability_text
from mvm_core.spine.refusals import NOT_LEARNT
from pages.components.frame import errors_told, shared_weights
from pages.components.real_record import false_alarms
from pages.components.scale import scale, spread_holds
from pages.components.study import Study

QUESTION = gettext_noop(
    "The question to each vertebra was whether anything is wrong with it, such as a "
    "metastasis or a fracture; discs, joints and soft tissues were not asked about."
)
NOT_READ = gettext_noop("No vertebra was read")
WHAT_TO_DO = gettext_noop(
    "Draw a box around the vertebra in question (tool Level box); turn or swap films that hang wrong."
)
GIVE_ANOTHER = gettext_noop(
    "Give an AP and a lateral film of T1 to L5. A box that you draw (tool Level box) is read all the same."
)

_UNSURE_NAMES = 0.5
"""Below this the names of levels are more likely wrong than right."""


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
    who = " · ".join(filter(None, (_which(study), gettext("simulated patient") if study.patient else "")))
    lines = [f'<div class="who">{escape(who)}</div>' if who else ""]
    if words.figure:
        lines.append(
            f'<div class="figure"><span class="probability">{escape(words.figure)}</span>'
            f'<span class="zone">{escape(words.headline)}</span></div>'
        )
        lines.append(scale(_result(study, chosen)))
    else:
        lines.append(f'<div class="headline">{escape(words.headline)}</div>')
    told = [*words.about]
    if words.figure and study.patient is None and study.in_question is not None:
        with errors_told():
            # on the same line: the strip below is to stay in sight on a tablet
            alarms = false_alarms(shared_weights(), paired=len(study.pair.films) > 1)
            told[-1] = f"{told[-1]} {alarms}".strip()
    lines += [f'<div class="what">{escape(sentence)}</div>' for sentence in told]
    st.html(f'<div class="mvm-verdict" role="status">{"".join(lines)}</div>')


def in_one_line(study: Study, chosen: str, notice: str) -> str:
    """The verdict with the notice, for where nothing but the films is in sight."""
    if study.examination.unlike:
        return ". ".join(filter(None, (_which(study), gettext(UNLIKE), notice_in_words(notice))))
    words = said(study, chosen)
    figure = words.figure + gettext(", ") if words.figure else ""
    told = filter(None, (_which(study), f"{figure}{words.headline}", notice_in_words(notice)))
    return gettext(". ").join(told)


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
    """How many levels were read, and which: ``8 levels (T10 to L5)``; ``perhaps`` where names are unsure."""
    names = [level.level for level in examination.levels if level.level]
    if len(names) < 2:
        return gettext("1 level ({level})", level=names[0]) if names else gettext("1 level")
    told = {"count": len(names), "first": names[0], "last": names[-1]}
    if examination.names_probability < _UNSURE_NAMES:
        return gettext("{count} levels (perhaps {first} to {last})", **told)
    return gettext("{count} levels ({first} to {last})", **told)


def _which(study: Study) -> str:
    """The level in question and who chose it."""
    level = study.examination.level_in_question
    if level is None:
        return ""
    name = level or gettext("The vertebra in the box")
    if study.boxed:
        return name if study.patient and not study.revision else gettext("{name}, in your box", name=name)
    return (
        gettext("{name}, picked by you", name=name)
        if study.level is not None
        else gettext("{name}, most suspicious", name=name)
    )


def _result(study: Study, chosen: str) -> ReadingResult:
    reading = study.reading
    if reading is None:
        raise ValueError("no level was read in full")
    return reading.results[chosen]


def _nothing_seen(examination: Examination) -> Said:
    highest = max(examination.levels, key=lambda level: level.probability_disease)
    at = gettext(", at {level}", level=highest.level) if highest.level else ""
    return Said(
        gettext("Nothing seen on {levels}", levels=span_of(examination)),
        about=(
            gettext(
                "Highest probability of disease: {probability}{at}; it counts from {point} on.",
                probability=probability_text(highest.probability_disease),
                at=at,
                point=probability_text(highest.disease_point),
            ),
            gettext(QUESTION),
        ),
    )


def _nothing_seen_there(examination: Examination, level: LevelReading) -> Said:
    if examination.nothing_seen:
        others = (
            gettext("Nor on any other of the {levels}.", levels=span_of(examination))
            if len(examination.levels) > 1
            else ""
        )
    else:
        others = _others(examination, level)
    return Said(
        gettext("Nothing seen on {levels}", levels=level.level or gettext("it")),
        about=tuple(
            filter(
                None,
                (
                    gettext(
                        "Its probability of disease: {probability}; it counts from {point} on.",
                        probability=probability_text(level.probability_disease),
                        point=probability_text(level.disease_point),
                    ),
                    others,
                    gettext(QUESTION),
                ),
            )
        ),
    )


def _diseased(study: Study, level: LevelReading | None, result: ReadingResult) -> Said:
    about = [
        gettext(
            "Probability of metastasis (MVM), {reading}{members}.",
            reading=title_of(result.name),
            members=_members(result),
        )
    ]
    if level is not None:
        disease = probability_text(level.probability_disease)
        about.append(
            gettext(
                "Probability that anything is wrong with {level}: {disease}. {others}",
                level=level.level or gettext("it"),
                disease=disease,
                others=_others(study.examination, level, too=True),
            )
        )
    return Said(capital(result.zone.said), probability_text(result.probability), tuple(about))


def _members(result: ReadingResult) -> str:
    """How far an ensemble's members lie apart."""
    if result.spread is None:
        return ""
    low, high = (probability_text(end) for end in (result.spread.lowest, result.spread.highest))
    own = "" if spread_holds(result) else gettext(", each on its own scale,")
    return gettext(
        "; its {count} members{own} range from {low} to {high}",
        count=len(result.members),
        own=own,
        low=low,
        high=high,
    )


def _others(examination: Examination, but: LevelReading, *, too: bool = False) -> str:
    """Which other levels look diseased."""
    names = [
        level.level
        for level in examination.levels
        if level.zone is not Zone.NOTHING_SEEN and level.level != but.level
    ]
    if not names:
        return ""
    told = gettext(", ").join(names)
    if too:
        return ngettext("{names} looks diseased, too.", "{names} look diseased, too.", len(names), names=told)
    return ngettext("{names} looks diseased.", "{names} look diseased.", len(names), names=told)


def _not_read(examination: Examination) -> Said:
    reasons = [
        gettext(
            "{film}: {refused}",
            film=spine.film,
            refused=gettext(spine.refused or gettext_noop("it does not stand upright")),
        )
        for spine in examination.spines.values()
        if spine.refused is not None or spine.turned_degrees
    ]
    why = (
        gettext("{told}.", told=gettext("; ").join(reasons))
        if reasons
        else gettext("No vertebra is seen well enough to be read.")
    )
    unknown = any(spine.refused in NOT_LEARNT for spine in examination.spines.values())
    return Said(gettext(NOT_READ), about=(why, gettext(GIVE_ANOTHER if unknown else WHAT_TO_DO)))
