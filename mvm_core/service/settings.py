"""How the service is to run, and who may use it."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from mvm_core.errors import AccessError
from mvm_core.language import gettext

VARIABLE = "MVM_SERVICE_TOKENS"
_SHORTEST = 16


@dataclass(frozen=True)
class ServiceSettings:
    """Bounds of the service.

    Attributes
    ----------
    tokens : frozenset of str
        SHA-256 of each token that is let in; empty lets everyone in.
    most_bytes : int
        Of all films of a request together.
    most_waiting : int
        Requests that wait for a reading; more are told to come again.
    a_minute : int
        Requests of one token, or address without tokens.
    workers : int
        Readings at once.
    """

    tokens: frozenset[str] = field(default=frozenset(), repr=False)
    most_bytes: int = 200_000_000
    most_waiting: int = 64
    a_minute: int = 600
    workers: int = 2

    def lets_in(self, token: str) -> bool:
        """Whether a token is one of those; what is compared is hashes, in constant time."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        return not self.tokens or any(hmac.compare_digest(digest, known) for known in self.tokens)


def read_tokens(file: Path | None) -> frozenset[str]:
    """SHA-256 of the tokens in a file, one a line, or in the variable ``MVM_SERVICE_TOKENS``, by commas.

    Raises
    ------
    AccessError
        If the file cannot be read, or a token is too short to be one.
    """
    if file is not None:
        try:
            lines = file.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise AccessError(
                str(file),
                gettext("it cannot be read ({reason})", reason=type(error).__name__),
                gettext("name a text file with a token on each line"),
            ) from None
    else:
        lines = os.environ.get(VARIABLE, "").split(",")
    tokens = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if any(len(token) < _SHORTEST for token in tokens):
        raise AccessError(
            str(file) if file is not None else VARIABLE,
            gettext("a token is too short"),
            gettext("give {shortest} characters or more", shortest=_SHORTEST),
        )
    return frozenset(hashlib.sha256(token.encode()).hexdigest() for token in tokens)
