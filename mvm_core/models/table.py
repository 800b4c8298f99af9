"""Readings as plain text tables for people."""

from collections.abc import Sequence

from mvm_core.models.reading import Reading
from mvm_core.models.registry import TITLES


def reading_as_text(reading: Reading, warnings: Sequence[str] | None = None) -> str:
    """Write a reading as a table, the leading result first, warnings (its own if not given) last."""
    leading = reading.leading
    lines = [
        f"{TITLES[leading.name]}: probability of MVM {leading.probability:.2f}, {leading.zone}",
        "",
        f"{'reading':<24}{'P(MVM)':>8}  {'zone':<14}{'members':>14}",
    ]
    for name, result in reading.results.items():
        members = f"{result.spread.lowest:.2f} to {result.spread.highest:.2f}" if result.spread else ""
        lines.append(
            f"{TITLES[name]:<24}{result.probability:>8.2f}  {result.zone.value:<14}{members:>14}".rstrip()
        )
    for name, reason in reading.missing.items():
        lines.append(f"{TITLES[name]:<24}{'-':>8}  {reason}")
    lines += [
        "",
        *(reading.warnings if warnings is None else warnings),
        f"{reading.notice} Weights {reading.weights_id}.",
    ]
    return "\n".join(lines)
