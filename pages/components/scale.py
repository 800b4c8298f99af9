"""Where a probability lies between the operating points, as a bar."""

from mvm_core.language import gettext
from mvm_core.models import OperatingPoints, ReadingResult
from mvm_core.models.wording import probability_text

_ZONES = ("bvf", "between", "mvm")


def scale(result: ReadingResult) -> str:
    """A result on the scale from 0 to 1, its zones named, as HTML."""
    points = result.points
    low, high = points.high_sensitivity, points.high_specificity
    ticks = "".join(
        f'<span class="tick" style="left:{100 * at:.2f}%">{text}</span>' for at, text in _ticks(low, high)
    )
    spread = ""
    if result.spread is not None and spread_holds(result):
        left, right = 100 * result.spread.lowest, 100 * result.spread.highest
        spread = f'<div class="spread" style="left:{left:.2f}%;width:{right - left:.2f}%"></div>'
    description = gettext(
        "Probability {probability} on a scale from 0 to 1: BVF likely below {low}, MVM likely from {high} up",
        probability=probability_text(result.probability),
        low=probability_text(low),
        high=probability_text(high),
    )
    return (
        f'<div class="mvm-scale" role="img" aria-label="{description}">'
        f'<span class="end">{gettext("BVF likely")}</span><span class="end">{gettext("MVM likely")}</span>'
        f'<div class="track">{zone_bars(points)}</div>{spread}'
        f'<div class="here" style="left:{100 * result.probability:.2f}%"></div>{ticks}</div>'
    )


def spread_holds(result: ReadingResult) -> bool:
    """Whether an ensemble's probability, calibrated anew, lies between those of its members."""
    return result.spread is not None and result.spread.lowest <= result.probability <= result.spread.highest


def small_scale(result: ReadingResult) -> str:
    """The same without words, for a table that gives the figure beside, as HTML."""
    return (
        f'<div class="mvm-bar" aria-hidden="true">{zone_bars(result.points)}'
        f'<div class="here" style="left:{100 * result.probability:.2f}%"></div></div>'
    )


def zone_bars(points: OperatingPoints) -> str:
    """The three zones side by side, as HTML."""
    widths = (
        points.high_sensitivity,
        points.high_specificity - points.high_sensitivity,
        1 - points.high_specificity,
    )
    return "".join(
        f'<div class="{zone}" style="width:{100 * width:.2f}%"></div>'
        for zone, width in zip(_ZONES, widths, strict=True)
    )


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks at the operating points and, where they leave room, at the ends."""
    ticks = (
        [(low, probability_text(low)), (high, probability_text(high))]
        if high - low > 0.14
        else [((low + high) / 2, f"{probability_text(low)}–{probability_text(high)}")]
    )
    return ([(0.0, "0")] if low > 0.12 else []) + ticks + ([(1.0, "1")] if high < 0.88 else [])
