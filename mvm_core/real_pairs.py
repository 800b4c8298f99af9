"""What is said of real films of two people without known disease, dropped as if they were a pair."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.examination import Examination, Examiner, LevelReading
from mvm_core.imaging import read_film, with_view
from mvm_core.models.reading import Zone
from mvm_core.radiograph import FilmPair, View
from mvm_core.validation import rate_with_interval
from mvm_core.validation.rates import rate_text


@dataclass(frozen=True)
class CheckedPair:
    """An AP film and a lateral one of two people as they were read together.

    Attributes
    ----------
    ap, lateral : str
        Names of the files.
    examination : Examination
    """

    ap: str
    lateral: str
    examination: Examination

    def levels(self, on_both: bool) -> tuple[LevelReading, ...]:
        """The levels that both films show, or those that one of them shows."""
        return tuple(
            each
            for each in self.examination.levels
            if (each.ap_box is not None and each.lateral_box is not None) is on_both
        )


def check_real_pairs(
    films: Sequence[MarkedFilm],
    examiner: Examiner,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[CheckedPair, ...]:
    """Read each real AP film beside a lateral one, the lateral ones in turn; empty where a view has no film.

    No pair of one person's real films is at hand. Levels of two people laid onto each other are a harder test
    of false alarms than those of one.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    lateral = [
        (film, with_view(read_film(film.path), View.LATERAL)) for film in films if film.view is View.LATERAL
    ]
    if not lateral:
        return ()
    ap = [film for film in films if film.view is View.AP]
    checked = []
    for place, marked in enumerate(ap):
        beside, film = lateral[place % len(lateral)]
        pair = FilmPair(ap=with_view(read_film(marked.path), View.AP), lateral=film)
        checked.append(CheckedPair(marked.path.name, beside.path.name, examiner.examine(pair)))
        if progress is not None:
            progress(place + 1, len(ap))
    return tuple(checked)


def pairs_as_dict(checked: Sequence[CheckedPair]) -> dict[str, Any]:
    """Totals with plain types: `pairs`, `alarmed`; `on_both` and `on_one`, each `vertebrae` and `flagged`."""
    return {
        "pairs": len(checked),
        "alarmed": sum(any(map(_is_flagged, pair.examination.levels)) for pair in checked),
        **{
            name: {
                "vertebrae": sum(len(pair.levels(on_both)) for pair in checked),
                "flagged": sum(_is_flagged(level) for pair in checked for level in pair.levels(on_both)),
            }
            for name, on_both in (("on_both", True), ("on_one", False))
        },
    }


def pairs_as_text(checked: Sequence[CheckedPair]) -> str:
    """Write the totals as lines."""
    found = pairs_as_dict(checked)
    lines = [f"{found['pairs']} pairs of two people's films, {found['alarmed']} with an alarm"]
    for title, name in (("on both films", "on_both"), ("on one film", "on_one")):
        own = found[name]
        if own["vertebrae"]:
            rate = rate_with_interval(own["flagged"], own["vertebrae"])
            lines.append(f"  seen {title:<13}  flagged {rate_text(rate)}")
    return "\n".join(lines)


def _is_flagged(level: LevelReading) -> bool:
    return level.zone is not Zone.NOTHING_SEEN
