"""Readings as plain text tables for people."""

from collections.abc import Sequence

from mvm_core.models.reading import Reading
from mvm_core.models.registry import TITLES
from mvm_core.models.wording import probability_text


def reading_as_text(reading: Reading, warnings: Sequence[str] | None = None) -> str:
    """Write a reading as a table, the leading result first, warnings (its own if not given) last."""
    leading = reading.leading
    lines = [
        f"{TITLES[leading.name]}: probability of MVM {probability_text(leading.probability)}, {leading.zone}",
        "",
        f"{'reading':<24}{'P(MVM)':>10}  {'zone':<14}{'members':>14}",
    ]
    for name, result in reading.results.items():
        members, shown = "", probability_text(result.probability)
        if result.spread is not None:
            lowest, highest = (probability_text(v) for v in (result.spread.lowest, result.spread.highest))
            members = f"{lowest} to {highest}"
        lines.append(f"{TITLES[name]:<24}{shown:>10}  {result.zone.value:<14}{members:>14}".rstrip())
    for name, reason in reading.missing.items():
        lines.append(f"{TITLES[name]:<24}{'-':>10}  {reason}")
    lines += [
        "",
        *(reading.warnings if warnings is None else warnings),
        f"{reading.notice} Weights {reading.weights_id}.",
    ]
    return "\n".join(lines)
