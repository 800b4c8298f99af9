"""What is written on pictures and papers of an examination."""

from mvm_core import __version__
from mvm_core.examination import Examination, LevelReading
from mvm_core.examination_report import answer
from mvm_core.exchange.making import MAKER, weights_named
from mvm_core.models.reading import Zone
from mvm_core.models.wording import probability_text


def banner(found: Examination) -> tuple[str, ...]:
    """The answer, the notice, and what made it: a line each."""
    made_by = f"{MAKER} {__version__}, weights {weights_named(found)}"
    return tuple(line for line in (answer(found), found.notice, made_by) if line)


def level_words(found: Examination) -> str | None:
    """The level in question with its answer; None where there is none."""
    level = asked(found)
    return f"{level.level or 'Box'}: {level.zone.value}" if level is not None else None


def asked(found: Examination) -> LevelReading | None:
    """The level in question as it was read."""
    if found.level_in_question is None:
        return None
    return next((level for level in found.levels if level.level == found.level_in_question), None)


def probabilities(level: LevelReading) -> str:
    """Probabilities of a level, in words."""
    disease = f"P(disease) {probability_text(level.probability_disease)}"
    if level.zone is Zone.NOTHING_SEEN or level.probability_mvm is None:
        return disease
    return f"{disease}, P(MVM) {probability_text(level.probability_mvm)}"


def film_name(series: str, number: str, instance: str) -> str:
    """A film's name in messages, which reach the results: for people where it has numbers, never a patient's.

    Parameters
    ----------
    series, number : str
        Series Number and Instance Number; may be empty.
    instance : str
        SOP Instance UID.
    """
    numbered = series.isdigit() and number.isdigit()
    return f"series {series} image {number}" if numbered else instance


def person_name(said: str) -> str:
    """A name in its own writing, with the alphabetic one in brackets where it has both.

    Parameters
    ----------
    said : str
        As DICOM writes names: ``CHEN^MEI-LING=陳^美玲``.
    """
    alphabetic, ideographic, *_ = (*(part.replace("^", " ").strip() for part in said.split("=")), "", "")
    own = ideographic.replace(" ", "")
    return f"{own} ({alphabetic})" if own and alphabetic else own or alphabetic
