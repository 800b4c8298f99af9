"""How well spines were found, over films: totals by view, as numbers and as a table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.finding import FoundFilm
from mvm_core.radiograph import View
from mvm_core.spine.cobb import smape
from mvm_core.validation.agreement import cohen_kappa
from mvm_core.validation.rates import rate_text, rate_with_interval

LENGTHS_AND_GRADES = (
    ("centre_error_mm_median", "centres off by (median)", 2, " mm"),
    ("height_error_mm_mean", "heights off by (mean)", 2, " mm"),
    ("genant_kappa", "kappa of Genant's grade", 2, ""),
    ("genant_kappa_weighted", "the same, differences counted by their size", 2, ""),
    ("ruler_error_median", "vertebral ruler off by (median)", 3, " of the pixel spacing"),
)
"""Of the totals, what is told where it is known: key, words, digits and unit."""


def finding_totals(scored: Sequence[FoundFilm]) -> dict[str, dict[str, Any]]:
    """Totals by view, with plain types.

    Returns
    -------
    dict of str to dict
        ``films, marked, found, found_share, false_per_film, beyond`` (false ones above or below all marks),
        ``on_discs`` (films, marked, found and false of those whose marks lie on discs), ``level_right``
        (share of those found), ``right_levels`` (their number), ``level_right_with_landmark,
        right_levels_with_landmark, found_with_landmark`` (the same of films that show the sacrum or T12),
        ``corner_error_median`` (share of the diagonal), ``centre_error_mm_median, height_error_mm_mean,
        graded`` (bodies with a grade), ``genant_kappa, genant_kappa_weighted`` (Cohen's, plain and with
        linear weights),
        ``ruler_error_median`` (share), ``nmse``, ``smape`` (%) and ``cobb`` (``films, mean_error, lowest,
        highest`` of the main angle, in degrees; both where Cobb angles are published), ``refused, view_right,
        upright, seconds_median``. None where there is nothing to tell it from.
    """
    totals: dict[str, dict[str, Any]] = {}
    for view in View:
        own = [film for film in scored if film.view is view]
        if not own:
            continue
        marked, found = sum(film.marked for film in own), sum(film.found for film in own)
        right, counted = sum(film.right_levels for film in own), [film for film in own if film.landmark]
        counted_right, counted_found = (
            sum(getattr(film, name) for film in counted) for name in ("right_levels", "found")
        )
        graded = [pair for film in own for pair in film.genant]
        totals[view.value] = {
            "films": len(own),
            "marked": marked,
            "found": found,
            "found_share": found / marked,
            "false_per_film": sum(film.false for film in own) / len(own),
            "beyond": sum(film.beyond for film in own),
            "on_discs": _on_discs([film for film in own if film.on_discs]),
            "level_right": right / max(found, 1),
            "right_levels": right,
            "level_right_with_landmark": counted_right / max(counted_found, 1),
            "right_levels_with_landmark": counted_right,
            "found_with_landmark": counted_found,
            "corner_error_median": _over(np.median, (film.corner_errors for film in own)),
            "centre_error_mm_median": _over(np.median, (film.centre_errors_mm for film in own)),
            "height_error_mm_mean": _over(np.mean, (film.height_errors_mm for film in own)),
            "graded": len(graded),
            "genant_kappa": _kappa(graded),
            "genant_kappa_weighted": _kappa(graded, weighted=True),
            "ruler_error_median": _over(
                np.median, (np.array([film.ruler_error]) for film in own if film.ruler_error is not None)
            ),
            "nmse": _over(np.mean, (film.squared_errors for film in own)),
            "smape": _smape(own),
            "cobb": _main_angle(own),
            "refused": sum(film.spine.refused is not None for film in own),
            "view_right": sum(film.spine.view is view for film in own),
            "upright": sum(film.spine.turned_degrees == 0 for film in own),
            "seconds_median": _over(
                np.median, (np.array([film.seconds]) for film in own if film.seconds is not None)
            ),
        }
    return totals


def _on_discs(films: Sequence[FoundFilm]) -> dict[str, int]:
    counts = {name: sum(getattr(film, name) for film in films) for name in ("marked", "found", "false")}
    return {"films": len(films), **counts}


def _kappa(graded: Sequence[tuple[int, int]], *, weighted: bool = False) -> float | None:
    return cohen_kappa(*zip(*graded, strict=True), weighted=weighted) if graded else None


def _over(
    summary: Callable[[NDArray[np.float64]], Any], parts: Iterable[NDArray[np.float64]]
) -> float | None:
    """A summary of all values of some arrays; None without any."""
    values = np.concatenate([np.empty(0), *(part.ravel() for part in parts)])
    return float(summary(values)) if values.size else None


def _smape(films: Sequence[FoundFilm]) -> float | None:
    """SMAPE of the films with published angles; a film without three vertebrae counts as all wrong."""
    known = [film for film in films if film.cobb is not None]
    if not known:
        return None
    true = np.array([film.cobb for film in known], float)
    said = np.array([film.cobb_said or (0.0, 0.0, 0.0) for film in known], float)
    return smape(true, said)


def _main_angle(films: Sequence[FoundFilm]) -> dict[str, float] | None:
    """How far the main Cobb angle is off: mean size, and the limits of 95 % of films."""
    errors = [film.cobb_said[0] - film.cobb[0] for film in films if film.cobb and film.cobb_said]
    if not errors:
        return None
    lowest, highest = np.percentile(errors, [2.5, 97.5])
    return {
        "films": len(errors),
        "mean_error": float(np.mean(np.abs(errors))),
        "lowest": float(lowest),
        "highest": float(highest),
    }


def level_right_in_words(own: Mapping[str, Any], *, with_landmark: bool = False) -> str:
    """How many of a view's vertebrae found have the right level; a share where a record lacks the counts."""
    which = "_with_landmark" if with_landmark else ""
    if (right := own.get(f"right_levels{which}")) is None:
        return f"{own[f'level_right{which}']:.3f}"
    return rate_text(rate_with_interval(right, own[f"found{which}"]))


def cobb_in_words(own: Mapping[str, Any]) -> str | None:
    """How far the main Cobb angle is off, of a view's totals; None where no angles are published."""
    found = own.get("cobb")
    if found is None:
        return None
    return (
        f"main Cobb angle off by {found['mean_error']:.1f} degrees (mean of {found['films']} films; 95 % of "
        f"them from {found['lowest']:+z.0f} to {found['highest']:+z.0f})"
    )


def finding_as_text(totals: dict[str, dict[str, Any]]) -> str:
    """Write the totals as a table."""
    lines = []
    for view, own in totals.items():
        line = (
            f"{View(view).label:<8}{own['films']:>4} films  found {own['found']}/{own['marked']} = "
            f"{own['found_share']:.3f}  false {own['false_per_film']:.2f} a film, {own['beyond']} of them "
            f"beyond the marks  level right "
            f"{level_right_in_words(own)}  refused {own['refused']}  "
            f"view right {own['view_right']}/{own['films']}  upright {own['upright']}/{own['films']}"
        )
        if own["seconds_median"] is not None:
            line += f"  {1000 * own['seconds_median']:.0f} ms a film"
        if own["corner_error_median"] is not None:
            line += f"\n        corners off by {own['corner_error_median']:.3f} of the diagonal (median)"
            line += f", NMSE {own['nmse']:.2e}"
        if own["smape"] is not None:
            line += f", SMAPE of the Cobb angles {own['smape']:.2f} %"
        if (apart := without_discs(own)) is not None:
            line += f"\n        {apart}"
        if (angle := cobb_in_words(own)) is not None:
            line += f"\n        {angle}"
        line += "".join(
            f"\n        {title} {own[key]:.{digits}f}{unit}"
            for key, title, digits, unit in LENGTHS_AND_GRADES
            if own[key] is not None
        )
        lines.append(line)
    return "\n".join(lines)


def without_discs(own: Mapping[str, Any]) -> str | None:
    """What is found on a view's films but those marked at their discs, of its totals; None without such."""
    discs = own.get("on_discs", {"films": 0})
    if not discs["films"] or discs["films"] == own["films"]:
        return None
    marked, found, films = (own[name] - discs[name] for name in ("marked", "found", "films"))
    false = own["false_per_film"] * own["films"] - discs["false"]
    return (
        f"without {discs['films']} marked at the discs: found {found}/{marked} = {found / marked:.3f}  "
        f"false {false / films:.2f} a film"
    )
