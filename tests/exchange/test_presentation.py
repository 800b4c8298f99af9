"""What the presentation state draws: vertebrae by name, the level in question, evidence at fixed logits."""

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pydicom
import pytest

from mvm_core.examination import Examination, Examiner
from mvm_core.exchange import open_source, results_as_dicom
from mvm_core.exchange.contours import LOGITS
from mvm_core.imaging import pair_films, read_film
from mvm_core.radiograph import View

FIXED = {f"{logit:+g}": logit for logit in LOGITS}


@pytest.fixture(scope="module")
def made(ap: bytes, lateral: bytes) -> tuple[Examination, dict[View, pydicom.Dataset]]:
    films = {View.AP: ap, View.LATERAL: lateral}
    given = {view: read_film(content, f"{view.value}.dcm") for view, content in films.items()}
    found = Examiner.open().examine(pair_films(list(given.values())))
    sources = {view: open_source(films[view], film) for view, film in given.items()}
    contents = {each.name: each.content for each in results_as_dicom(found, sources)}
    return found, {view: pydicom.dcmread(io.BytesIO(contents[f"presentation-{view.value}"])) for view in View}


def lines_of(state: pydicom.Dataset, layer: str) -> Iterator[tuple[str, np.ndarray]]:
    """The lines of a layer with their words, points as (x, y)."""
    for annotation in state.GraphicAnnotationSequence:
        if annotation.GraphicLayer == layer:
            for line, text in zip(
                annotation.GraphicObjectSequence, annotation.TextObjectSequence, strict=True
            ):
                assert line.GraphicAnnotationUnits == "PIXEL"
                yield text.UnformattedTextValue, np.reshape(line.GraphicData, (-1, 2))


def test_evidence_is_drawn_at_fixed_logits(made: tuple[Examination, dict[View, pydicom.Dataset]]) -> None:
    found, states = made
    assert found.reading is not None
    seen = set()
    for view in View:
        film, evidence = found.pair.film(view), found.reading.leading.evidence[view]
        assert film is not None
        # As the pages draw it over the film.
        values = evidence.on_film(film.shape)
        drawn = set()
        for layer, sign in (("EVIDENCE MVM", 1), ("EVIDENCE BVF", -1)):
            for said, points in lines_of(states[view], layer):
                logit = FIXED[said]
                assert logit * sign > 0
                rows, columns = (
                    np.clip(points[:, axis] - 0.5, 0, None)[np.newaxis].astype(np.float32) for axis in (1, 0)
                )
                under = cv2.remap(values, columns, rows, cv2.INTER_LINEAR)
                assert np.abs(under - logit).mean() < 0.2, said
                drawn.add(logit)
        assert drawn == {each for each in LOGITS if evidence.values.min() < each < evidence.values.max()}
        seen |= drawn
    # A film whose evidence stays between the innermost lines bears none.
    assert seen


@pytest.mark.parametrize("view", list(View))
def test_vertebrae_and_the_level_in_question_are_outlined(
    made: tuple[Examination, dict[View, pydicom.Dataset]], view: View
) -> None:
    found, states = made
    film, outlines = found.pair.film(view), dict(lines_of(states[view], "VERTEBRAE"))
    assert film is not None
    assert set(outlines) == {vertebra.level for vertebra in found.spines[view].vertebrae}
    for vertebra in found.spines[view].vertebrae:
        within = np.clip(vertebra.outline, 0, film.shape[::-1])
        assert outlines[vertebra.level][:-1] == pytest.approx(within, abs=0.01)
    ((words, frame),) = lines_of(states[view], "LEVEL")
    box = found.pair.box(view)
    assert box is not None
    assert str(found.level_in_question) in words
    assert [*frame.min(axis=0), *frame.max(axis=0)] == pytest.approx(
        [box.x0, box.y0, box.x1, box.y1], abs=0.01
    )
