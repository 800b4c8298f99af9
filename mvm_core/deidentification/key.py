"""The secret that pseudonyms, new UIDs and shifts of dates come from."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from mvm_core.errors import DeidentificationError
from mvm_core.language import gettext

VARIABLE = "MVM_DEIDENTIFICATION_KEY"
_SHORTEST = 16
_MOST_DAYS = 3650


@dataclass(frozen=True)
class Key:
    """A secret of the place that the films come from; whoever has it can make the same pseudonyms again.

    Attributes
    ----------
    secret : bytes
    """

    secret: bytes = field(repr=False)

    def pseudonym(self, patient: str) -> str:
        """A patient's name for the outside: the same for the same patient ID, and nothing is told by it."""
        return f"P{self._digest('patient', patient)[:12].upper()}"

    def device(self, said: str) -> str:
        """What stands for a device's name or number: the same for the same one, and nothing is told by it."""
        return f"D{self._digest('device', said)[:12].upper()}"

    def token(self, said: str) -> str:
        """Eight letters that stand for a film's place or a number of a study."""
        return self._digest("token", said)[:8]

    def uid(self, uid: str) -> str:
        """The UID that stands for another one (PS3.5, B.2)."""
        return f"2.25.{int(self._digest('uid', uid)[:32], 16)}"

    def days(self, patient: str) -> int:
        """By how many days the dates of a patient move into the past: 1 to 3,650."""
        return 1 + int(self._digest("days", patient)[:16], 16) % _MOST_DAYS

    def _digest(self, purpose: str, value: str) -> str:
        return hmac.new(self.secret, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def read_key(file: Path | None) -> Key:
    """The secret from a file, or from the environment variable ``MVM_DEIDENTIFICATION_KEY``.

    Raises
    ------
    DeidentificationError
        If there is none, or it is too short to be one.
    """
    if file is not None:
        try:
            secret = file.read_bytes().strip()
        except OSError as error:
            raise DeidentificationError(
                str(file),
                gettext("it cannot be read ({reason})", reason=error.strerror or type(error).__name__),
                gettext("name a file with a secret of {shortest} characters or more", shortest=_SHORTEST),
            ) from None
    else:
        secret = os.environ.get(VARIABLE, "").strip().encode()
    if len(secret) < _SHORTEST:
        raise DeidentificationError(
            str(file) if file is not None else VARIABLE,
            gettext("there is no secret in it") if not secret else gettext("its secret is too short"),
            gettext("give a secret of {shortest} characters or more, and keep it", shortest=_SHORTEST),
        )
    return Key(secret)
