"""Where everybody stands: a line of points with a dot for each visitor, and the best by name."""

from collections.abc import Sequence
from html import escape
from statistics import median

from mvm_core.challenge import Score, Standing
from mvm_core.language import gettext, ngettext
from pages.components.challenge.words import name_of


def strip_of_points(found: Sequence[Standing], model: Score, own: str | None = None) -> str:
    """A dot for each visitor who has finished, along the points; the model's mark among them; as HTML."""
    done = [each for each in found if each.finished]
    dots = "".join(
        f'<i class="{"own" if each.visitor.id == own else ""}" '
        f'style="left:{each.score.points:.1f}%;top:{26 + 10 * (place % 4)}px"></i>'
        for place, each in enumerate(done)
    )
    said = ngettext("{count} visitor has finished", "{count} visitors have finished", len(done))
    if done:
        middle = median(each.score.points for each in done)
        said = gettext("{said}; median {middle:.0f} points", said=said, middle=middle)
    said = gettext("{said}. The model: {points:.0f} points.", said=said, points=model.points)
    ticks = "".join(f'<span style="left:{tick}%">{tick}</span>' for tick in (0, 25, 50, 75, 100))
    return (
        f'<div class="mvm-points" role="img" aria-label="{escape(said)}"><div class="dots">{dots}'
        f'<b style="left:{model.points:.1f}%"><span>{escape(gettext("Model"))}</span></b></div>'
        f'<div class="ticks">{ticks}</div></div><div class="mvm-quiet">{escape(said)}</div>'
    )


def best(found: Sequence[Standing], model: Score, most: int = 8) -> str:
    """The best of those who have finished, and the model in its place among them, as HTML."""
    done = [each for each in found if each.finished]
    rows = [(name_of(each.visitor), each.score, False) for each in done]
    rows = sorted([*rows, (gettext("The model"), model, True)], key=lambda row: -row[1].points)
    shown = rows[:most]
    if not any(is_model for *_, is_model in shown):
        shown = [*rows[: most - 1], next(row for row in rows if row[2])]
    body = "".join(
        f'<tr class="{"model" if is_model else ""}"><td class="place">{rows.index(row) + 1}</td>'
        f'<th scope="row">{escape(name)}</th><td class="number">{score.points:.0f}</td>'
        f'<td class="number">{score.right.successes}/{score.right.total}</td></tr>'
        for row in shown
        for name, score, is_model in [row]
    )
    return (
        '<div class="mvm-best"><table><thead><tr><td></td>'
        f'<th scope="col">{escape(gettext("Name"))}</th>'
        f'<th scope="col" class="number">{escape(gettext("Points"))}</th>'
        f'<th scope="col" class="number">{escape(gettext("Called rightly"))}</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
