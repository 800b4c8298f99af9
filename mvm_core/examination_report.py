"""An examination as a document for programs and as a table for people."""

from collections.abc import Mapping
from typing import Any

from mvm_core.examination import Examination, LevelReading
from mvm_core.models.distance import UNLIKE
from mvm_core.models.reading import Zone
from mvm_core.models.report import corners_of, distances_as_dict, films_as_dict, reading_as_dict
from mvm_core.models.table import reading_as_text
from mvm_core.models.wording import probability_text


def examination_as_dict(found: Examination) -> dict[str, Any]:
    """Describe an examination with plain types, ready for JSON.

    Returns
    -------
    dict
        The keys of `reading_as_dict`; where no level is read in full, ``leading`` is null, ``readings`` and
        ``missing`` are empty. Besides: ``level_in_question`` (null where nothing is seen), ``pointed_at``,
        ``concerns`` (warnings that have a name, with their measures), ``levels``, ``refused`` by view,
        ``finder`` and ``disease_network`` (weights). ``unlike`` and ``distances``, where the weights hold a
        rule for them, are there too where nothing is seen.
    """
    if found.reading is not None:
        described = reading_as_dict(found.pair, found.reading)
        asked = next((each for each in found.levels if each.level == (found.level_in_question or "")), None)
        for reading in described["readings"].values():
            if "probability_disease" in reading:
                continue
            # Readings of networks that are not asked for disease carry the level's.
            reading["probability_disease"] = asked.probability_disease if asked is not None else None
    else:
        described = {
            "notice": found.notice,
            "weights": found.weights_id,
            "films": films_as_dict(found.pair, {}, frozenset()),
            "leading": None,
            "readings": {},
            "missing": {},
        }
    return {
        **described,
        **distances_as_dict(found.distances),
        "warnings": list(found.warnings),
        "concerns": [concern.as_dict() for concern in found.concerns],
        "level_in_question": found.level_in_question,
        "pointed_at": found.pointed_at,
        "levels": [level_as_dict(level) for level in found.levels],
        "refused": {view.value: spine.refused for view, spine in found.spines.items()},
        "finder": found.finder_id,
        "disease_network": found.disease_id,
    }


def level_as_dict(level: LevelReading) -> dict[str, Any]:
    """Describe one level with plain types; boxes in pixels of the film."""
    return {
        "level": level.level,
        "ap_box": corners_of(level.ap_box) if level.ap_box is not None else None,
        "lateral_box": corners_of(level.lateral_box) if level.lateral_box is not None else None,
        "probability_disease": level.probability_disease,
        "disease_point": level.disease_point,
        "probability_mvm": level.probability_mvm,
        "zone": level.zone.value,
    }


def examination_as_text(found: Examination) -> str:
    """Write an examination as a table: the answer first, then each level, the full reading, the notice."""
    lines = [answer(found), ""]
    for level in found.levels:
        disease, told = probability_text(level.probability_disease), ""
        if level.probability_mvm is not None:
            told = f"  P(MVM) {probability_text(level.probability_mvm)}"
        lines.append(f"{level.level or 'box':<6}P(disease) {disease:<12}{level.zone.value}{told}")
    if found.reading is not None:
        return "\n".join([*lines, "", reading_as_text(found.reading, found.warnings)])
    return "\n".join([*lines, "", *found.warnings, f"{found.notice} Weights {found.weights_id}."])


def answer(found: Examination) -> str:
    """The answer in one sentence."""
    if not found.levels:
        return "No vertebra was found, and no box is given: nothing is read."
    if found.unlike:
        return f"{UNLIKE}: no verdict. As if it were like them: {_as_read(found)}"
    return _as_read(found)


def _as_read(found: Examination) -> str:
    by_name: Mapping[str, LevelReading] = {level.level: level for level in found.levels}
    asked = by_name.get(found.level_in_question or "")
    if asked is not None and asked.zone is not Zone.NOTHING_SEEN:
        return f"{asked.level or 'The box'}: {asked.zone.value}."
    if asked is not None:
        return f"{asked.level or 'The box'}: nothing seen."
    return (
        f"Nothing seen on {len(found.levels)} levels ({found.levels[0].level} to {found.levels[-1].level})."
    )
