"""The view of real films is told from the film alone."""

from pathlib import Path

from mvm_core.cohort.marked_films import part_of, read_marked
from mvm_core.imaging import read_film
from mvm_core.radiograph import View
from mvm_core.spine import Finder


def test_view_and_way_up_of_real_films_are_told(real_spines: Path) -> None:
    marked = read_marked(real_spines)
    lateral = [film for film in marked if film.view is View.LATERAL]
    ap = [film for film in part_of(marked, "tune") if film.view is View.AP]
    finder = Finder.open()
    wrong = {
        film.path.name: (spine.view, spine.view_probability, spine.turned_degrees)
        for film in [*lateral, *ap[:12]]
        if (spine := finder.find(read_film(film.path))).view is not film.view or spine.turned_degrees
    }
    assert not wrong
