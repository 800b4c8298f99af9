"""Which object of a study reached which destination: a line of JSON each, in ``sent.jsonl``."""

import json
from pathlib import Path

from mvm_core.exchange.node.durable import append_durably


class Ledger:
    """The lines on one study; none is ever taken back.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def has_begun(self, reading: str) -> bool:
        """Whether anything of a reading is on its way, or has arrived."""
        return reading in self.begun()

    def begun(self) -> set[str]:
        """Readings of which anything is on its way, or has arrived."""
        return {line["reading"] for line in self._lines() if "reading" in line}

    def note_begun(self, reading: str, destination: str) -> None:
        """Note that a reading is on its way; once.

        Raises
        ------
        OSError
        """
        begun = {"reading": reading, "destination": destination}
        if not any(begun.items() <= line.items() for line in self._lines()):
            append_durably(self._path, json.dumps(begun))

    def note_sent(self, reading: str, destination: str, instance: str) -> None:
        """Note that a destination has an object.

        Raises
        ------
        OSError
        """
        line = {"reading": reading, "destination": destination, "instance": instance}
        append_durably(self._path, json.dumps(line))

    def sent(self, destination: str) -> set[str]:
        """Objects that a destination has."""
        return {
            line["instance"]
            for line in self._lines()
            if line["destination"] == destination and "instance" in line
        }

    def _lines(self) -> list[dict[str, str]]:
        lines = self._path.read_bytes().splitlines() if self._path.is_file() else []
        return [found for line in lines if (found := _parsed(line)) is not None]


def _parsed(line: bytes) -> dict[str, str] | None:
    """A line; None of one that was cut short."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "destination" in found else None
