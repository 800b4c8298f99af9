"""A table of a TOML file, each value checked as it is taken, and what nobody took told."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from mvm_core.errors import ExchangeError

_MISSING: Any = object()


class Table:
    """A table and where it stands.

    Parameters
    ----------
    said : mapping
    file : Path
    name : str
        As it is called in messages, such as ``[node]``.
    """

    def __init__(self, said: Mapping[str, Any], file: Path, name: str) -> None:
        self._said, self.file, self._name = said, file, name
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._said

    def refuse(self, problem: str, cure: str) -> NoReturn:
        """Say what is wrong with the table.

        Raises
        ------
        ExchangeError
        """
        raise ExchangeError(f"{self.file.name}, {self._name}", problem, cure)

    def text(self, key: str, default: str = _MISSING) -> str:
        """A text that is not empty, unless it is left out and has a default."""
        value = self._take(key, default)
        if value is default:
            return default
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            self.refuse(f"{key} is not a text", f'write {key} = "..."')
        return value.strip()

    def texts(self, key: str, default: Sequence[str]) -> Sequence[str]:
        """A list of texts."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            self.refuse(f"{key} is not a list of texts", f'write {key} = ["...", "..."]')
        return value

    def number(
        self, key: str, default: float | None, least: float, most: float, *, whole: bool = False
    ) -> float:
        """A number within limits."""
        value: Any = self._take(key, _MISSING if default is None else default)
        is_number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:
            what = "whole number" if whole else "number"
            self.refuse(f"{key} is no {what} from {least:g} to {most:g}", f"write {key} = {default or most}")
        return float(value)

    def path(self, key: str) -> Path:
        """A path, relative to the file's folder."""
        return self.file.parent / Path(self.text(key)).expanduser()

    def table(self, key: str, default: Mapping[str, Any] = _MISSING) -> "Table":
        """A table within."""
        value = self._take(key, default)
        if not isinstance(value, Mapping):
            self.refuse(f"{key} is not a table", f"write it as [{key}]")
        within = f"[{key}]" if self._name == "the file" else f"{self._name}, {key}"
        return Table(value, self.file, within)

    def tables(self, key: str) -> Iterator["Table"]:
        """The entries of a list of tables; none where there is none."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            self.refuse(f"{key} is not a list of tables", f"write each as [[{key}]]")
        for number, each in enumerate(value, start=1):
            yield Table(each, self.file, f"[[{key}]] {number}")

    def no_others(self) -> None:
        """Refuse keys that nobody took: most are misspelt.

        Raises
        ------
        ExchangeError
        """
        others = sorted(self._said.keys() - self._taken)
        if others:
            self.refuse(f"it has the unknown key {', '.join(others)}", "correct its spelling or take it out")

    def _take(self, key: str, default: Any) -> Any:
        self._taken.add(key)
        value = self._said.get(key, default)
        if value is _MISSING:
            self.refuse(f"{key} is missing", f"add {key} = ...")
        return value
