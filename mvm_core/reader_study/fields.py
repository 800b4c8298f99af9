"""Values of a study file, with a sentence for each that is wrong."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mvm_core.language import gettext


class Fields:
    """One table of a study file; every fault goes to a list that all of its tables share.

    Parameters
    ----------
    values : mapping
        As `tomllib` gives it.
    place : str
        What the table is called in sentences; empty for the file itself.
    faults : list of str
    """

    def __init__(self, values: Mapping[str, Any], place: str, faults: list[str]) -> None:
        self._values, self._place, self.faults = values, place, faults
        self._asked: set[str] = set()

    def fault(self, sentence: str) -> None:
        """Note a fault."""
        self.faults.append(sentence)

    def _named(self, name: str) -> str:
        return f"{self._place}{name}"

    def _get(self, name: str) -> Any:
        self._asked.add(name)
        return self._values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        found = self._get(name)
        if found is None and default is not None:
            return default
        if not isinstance(found, str) or not found.strip():
            self.fault(gettext("{name} is missing, or is no text", name=self._named(name)))
            return default or ""
        return found.strip()

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where there is none."""
        found = self._get(name)
        if found is None:
            return ()
        if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
            self.fault(gettext("{name} is no list of texts", name=self._named(name)))
            return ()
        return tuple(found)

    def choice(self, name: str, among: Sequence[str], default: str | None = None) -> str:
        """One of several texts."""
        found = self.text(name, default)
        if found and found not in among:
            self.fault(
                gettext(
                    "{name} is {found!r}, which is none of {among}",
                    name=self._named(name),
                    found=found,
                    among=", ".join(among),
                )
            )
            return among[0]
        return found

    def number(self, name: str, default: float, least: float = 0, *, whole: bool = False) -> float:
        """A finite number of at least `least`."""
        found = self._get(name)
        if found is None:
            return default
        kinds = int if whole else (int, float)
        if (
            isinstance(found, bool)
            or not isinstance(found, kinds)
            or not math.isfinite(found)
            or found < least
        ):
            kind = gettext("whole number") if whole else gettext("number")
            self.fault(
                gettext(
                    "{name} is {found!r}, and a {kind} from {least:g} up is wanted",
                    name=self._named(name),
                    found=found,
                    kind=kind,
                    least=least,
                )
            )
            return default
        return found

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        found = self._get(name)
        if found is not None and not isinstance(found, bool):
            self.fault(gettext("{name} is neither true nor false", name=self._named(name)))
            return default
        return default if found is None else found

    def table(self, name: str) -> "Fields":
        """A table within; empty where there is none."""
        found = self._get(name)
        if found is not None and not isinstance(found, dict):
            self.fault(gettext("[{name}] is no table", name=self._named(name)))
            found = None
        return Fields(found or {}, f"{self._named(name)}.", self.faults)

    def tables(self, name: str) -> list["Fields"]:
        """Tables within; empty where there is none."""
        found = self._get(name)
        if found is not None and not (
            isinstance(found, list) and all(isinstance(each, dict) for each in found)
        ):
            self.fault(gettext("[[{name}]] is no list of tables", name=self._named(name)))
            found = None
        return [
            Fields(each, f"{self._named(name)} {number}, ", self.faults)
            for number, each in enumerate(found or [], start=1)
        ]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def no_more(self) -> None:
        """Note a fault for each name that nobody asked for."""
        for name in self._values:
            if name not in self._asked:
                self.fault(gettext("{name} is not known", name=self._named(name)))
