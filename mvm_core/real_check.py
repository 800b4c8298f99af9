"""What is said of real films without known disease: every level read, every alarm counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.examination import Examination, Examiner, LevelReading
from mvm_core.examination_report import level_as_dict
from mvm_core.imaging import read_film, with_view
from mvm_core.models.reading import Zone
from mvm_core.radiograph import FilmPair, View
from mvm_core.validation import Rate, rate_with_interval
from mvm_core.validation.rates import rate_text

AP_LEVELS = ("T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")
"""Counted on AP films; of a lateral film all that are read."""


@dataclass(frozen=True)
class CheckedFilm:
    """One real film as it was read.

    Attributes
    ----------
    name : str
    view : View
    examination : Examination
    """

    name: str
    view: View
    examination: Examination

    @property
    def counted(self) -> tuple[LevelReading, ...]:
        """The levels that count."""
        levels = self.examination.levels
        return tuple(each for each in levels if self.view is View.LATERAL or each.level in AP_LEVELS)

    @property
    def flagged(self) -> tuple[LevelReading, ...]:
        """Those that are said to be diseased."""
        return tuple(each for each in self.counted if each.zone is not Zone.NOTHING_SEEN)


def check_real_films(
    films: Sequence[MarkedFilm],
    examiner: Examiner,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[CheckedFilm, ...]:
    """Read real films as a user would who drops each of them alone, marks unseen.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    checked = []
    for done, marked in enumerate(films, start=1):
        film = with_view(read_film(marked.path), marked.view)
        pair = FilmPair(ap=film) if marked.view is View.AP else FilmPair(lateral=film)
        checked.append(CheckedFilm(marked.path.name, marked.view, examiner.examine(pair)))
        if progress is not None:
            progress(done, len(films))
    return tuple(checked)


def flagged_rate(checked: Sequence[CheckedFilm], view: View) -> Rate | None:
    """Share of the counted vertebrae of one view that are said to be diseased; None without any."""
    own = [film for film in checked if film.view is view]
    counted = sum(len(film.counted) for film in own)
    return rate_with_interval(sum(len(film.flagged) for film in own), counted) if counted else None


def check_as_dict(checked: Sequence[CheckedFilm]) -> dict[str, Any]:
    """Describe the check with plain types, ready for JSON: `films`, and `totals` by view."""
    totals = {}
    for view in View:
        own = [film for film in checked if film.view is view]
        if own:
            totals[view.value] = {
                "films": len(own),
                "refused": sum(film.examination.spines[view].refused is not None for film in own),
                "vertebrae": sum(len(film.counted) for film in own),
                "flagged": sum(len(film.flagged) for film in own),
            }
    return {
        "films": [
            {
                "file": film.name,
                "view": film.view.value,
                "refused": film.examination.spines[film.view].refused,
                "levels": [level_as_dict(level) for level in film.examination.levels],
            }
            for film in checked
        ],
        "totals": totals,
    }


def check_as_text(checked: Sequence[CheckedFilm]) -> str:
    """Write the totals as a table, and the films with an alarm."""
    lines = []
    for view in View:
        rate = flagged_rate(checked, view)
        if rate is not None:
            films = sum(film.view is view for film in checked)
            lines.append(f"{view.label:<8}{films:>4} films  flagged {rate_text(rate)}")
    for film in checked:
        if film.flagged:
            told = ", ".join(
                f"{each.level} {each.probability_disease:.2f} {each.zone}" for each in film.flagged
            )
            lines.append(f"  {film.name}: {told}")
    return "\n".join(lines)
