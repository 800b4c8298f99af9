"""Whether two films that are numbered a level apart are told so."""

from dataclasses import replace

import pytest

from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.radiograph import FilmPair, View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient
from mvm_core.spine import LEVELS, Spine
from mvm_core.spine.numbering import better_numbering

NAMES = LEVELS[LEVELS.index("T10") : LEVELS.index("S1")]
AP = {name: (20.0 + number, -4.0) for number, name in enumerate(NAMES)} | {"L2": (12.0, 5.0)}


def moved(film: dict[str, tuple[float, float]], by: int) -> dict[str, tuple[float, float]]:
    return {LEVELS[LEVELS.index(name) + by]: seen for name, seen in film.items()}


@pytest.mark.parametrize("by", [-1, 0, 1])
@pytest.mark.parametrize("scale", [0.4, 3.0])
def test_films_numbered_apart_are_told_in_any_scale(by: int, scale: float) -> None:
    lateral = {name: (scale * height, logit) for name, (height, logit) in moved(AP, by).items()}
    assert better_numbering(AP, lateral) == -by


def test_where_no_level_stands_out_nothing_is_said() -> None:
    even = {name: (20.0 + 0.5 * number, -3.0) for number, name in enumerate(NAMES)}
    assert better_numbering(even, moved(even, 1)) == 0
    few = {name: AP[name] for name in ("L1", "L2", "L3")}
    assert better_numbering(few, moved(few, 1)) == 0
    assert better_numbering({}, {}) == 0


def test_a_pair_numbered_apart_is_named() -> None:
    patient = simulate_patient(PatientRequest(seed=1, label="bvf", kind="crush", level="L1", severity=3))
    films = pair_films(
        read_study([StudyFile(f"patient_{view.value}.dcm", film_to_dicom(patient, view)) for view in View])
    )
    pair = FilmPair(ap=films.ap, lateral=films.lateral)
    examiner = Examiner.open()
    as_found = examiner.examine(pair)
    assert "numbered apart" not in {concern.name for concern in as_found.concerns}
    lateral = as_found.spines[View.LATERAL]
    one_higher = replace(
        lateral,
        vertebrae=tuple(
            replace(each, level=LEVELS[LEVELS.index(each.level) - 1]) for each in lateral.vertebrae
        ),
    )

    def told(spine: Spine) -> list[str]:
        found = examiner.examine(pair, {**as_found.spines, View.LATERAL: spine})
        return [concern.sentence for concern in found.concerns if concern.name == "numbered apart"]

    (sentence,) = told(one_higher)
    assert "named one level lower" in sentence
    assert "patient_ap.dcm, patient_lateral.dcm" in sentence
    by_hand = replace(
        one_higher,
        vertebrae=(*one_higher.vertebrae[:-1], replace(one_higher.vertebrae[-1], level_probability=1.0)),
    )
    assert told(by_hand) == []
