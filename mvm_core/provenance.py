"""Where a result comes from, to go with it into every file that leaves the program."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mvm_core.language import gettext

MARK = "# "
"""What stands before each line above the header of a table."""


def today() -> str:
    """The date, as year-month-day in UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


@dataclass(frozen=True)
class Provenance:
    """What a reader of a file must know of the result in it.

    Attributes
    ----------
    notice : str
        Such as that films are simulated.
    weights, reading, cohort, threshold : str
        Identity of the weights, name of the reading, cases or films, and how the threshold was chosen;
        empty where the result has none.
    warnings : tuple of str
        One sentence each.
    date : str
        Of the result, year-month-day.
    """

    notice: str
    weights: str = ""
    reading: str = ""
    cohort: str = ""
    threshold: str = ""
    warnings: tuple[str, ...] = ()
    date: str = field(default_factory=today)

    def as_dict(self) -> dict[str, object]:
        """The same with plain types, ready for JSON."""
        return {**dict(vars(self)), "warnings": list(self.warnings)}

    def lines(self) -> list[str]:
        """The same as lines of text, without what is empty."""
        named = ("weights", "reading", "cohort", "threshold")
        told = [f"{name}: {text}" for name in named if (text := getattr(self, name))]
        warnings = [f"warning: {text}" for text in self.warnings]
        return [self.notice, *told, *warnings, f"date: {self.date}"]

    def said(self) -> list[str]:
        """The same lines for people, their names in the language in use."""
        told = [
            gettext("weights: {text}", text=self.weights) if self.weights else "",
            gettext("reading: {text}", text=self.reading) if self.reading else "",
            gettext("cohort: {text}", text=self.cohort) if self.cohort else "",
            gettext("threshold: {text}", text=self.threshold) if self.threshold else "",
            *(gettext("warning: {text}", text=text) for text in self.warnings),
        ]
        return [self.notice, *filter(None, told), gettext("date: {text}", text=self.date)]


def with_head(table: str, head: Iterable[str]) -> str:
    """A table in CSV with commented lines above its header, each on a line of its own."""
    # what a file is called may hold line breaks
    return "".join(f"{MARK}{' '.join(line.split())}\n" for line in head) + table
