"""How long a study took, over all calls that it took, also those that were killed."""

import json
import time
from pathlib import Path

from mvm_core.errors import TrainingError
from mvm_core.files import write_atomically


class StudyClock:
    """Wall-clock time of a study.

    Parameters
    ----------
    path : Path
        Where the seconds of each call are kept; a call that is killed loses what came after its last `keep`.

    Raises
    ------
    TrainingError
        If the file of earlier calls cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._start = path, time.monotonic()
        try:
            self._earlier = [float(each) for each in json.loads(path.read_text())] if path.is_file() else []
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(
                str(path),
                f"the times of earlier calls cannot be read ({type(error).__name__})",
                "delete it; the time of these calls is then not counted",
            ) from None

    @property
    def calls(self) -> list[float]:
        """Seconds of each call, this one last."""
        return [*self._earlier, round(time.monotonic() - self._start, 1)]

    def keep(self) -> None:
        """Write the times down."""
        write_atomically(self._path, json.dumps(self.calls).encode())
