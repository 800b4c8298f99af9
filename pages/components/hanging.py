"""The films of a study in the viewer."""

from pages.components.study import Study, take_moved_boxes
from pages.components.truth import lesion_outlines
from pages.components.viewer import Hanging, show_films


def hang_films(study: Study, reading: str) -> None:
    """Show a study's films with the evidence of one reading, and the lesion once the truth is told."""
    outlines = lesion_outlines(study.patient) if study.patient is not None and study.revealed else {}
    hanging = Hanging(study.name, study.pair, study.revision, outlines)
    show_films(hanging, study.reading, reading, on_boxes=take_moved_boxes)
