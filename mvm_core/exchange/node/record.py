"""What the node did: a line of JSON each, without names, and on stderr where it cannot be written."""

import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path


class Record:
    """A file of JSON lines, opened for each of them so that it may be moved away at any time.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def write(self, event: str, **said: object) -> None:
        """Write one line: the time in UTC, the event, and what is said of it.

        Studies and films are told by their UIDs; nothing of a header's names, numbers or dates comes here.
        """
        line = json.dumps({"time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", "event": event, **said})
        with self._lock:
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")
            except OSError as error:
                # A full disk must not stop what the line is about.
                sys.stderr.write(f"{self._path.name}: {error.strerror}: {line}\n")
