"""The films of a study in the viewer."""

from pages.components.changes import take_moved_boxes, take_moved_vertebrae, take_picked_level
from pages.components.study import Study
from pages.components.truth import lesion_outlines
from pages.components.viewer import Hanging, Listeners, show_films


def hang_films(study: Study, reading: str, said: str) -> None:
    """Show a study's films with the evidence of one reading, and the lesion once the truth is told."""
    outlines = lesion_outlines(study.patient) if study.patient is not None and study.revealed else {}
    show_films(
        Hanging(study.name, study.films, study.examination, study.revision, outlines, said),
        reading,
        Listeners(take_moved_boxes, take_moved_vertebrae, take_picked_level),
    )
