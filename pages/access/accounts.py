"""The password file: who may enter, in which role."""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mvm_core.errors import AccessError
from mvm_core.files import write_atomically

FORMAT = 1
SHORTEST_PASSWORD = 12
"""In characters."""

_CURE = "restore it, or make a new one with python -m pages.access add NAME"


class Role(StrEnum):
    """What a person may do: read films and change what is drawn on them, or look only."""

    READER = "reader"
    VIEWER = "viewer"


@dataclass(frozen=True)
class Account:
    """A person who may enter.

    Attributes
    ----------
    name : str
        As typed at the login, or the e-mail address that an OpenID Connect provider vouches for.
    role : Role
    password : str
        The argon2id hash; empty for one who enters through the provider alone.
    """

    name: str
    role: Role
    password: str = ""


def read_accounts(path: Path) -> dict[str, Account]:
    """Read a password file.

    Raises
    ------
    AccessError
        If it is missing or malformed.
    """
    try:
        said = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise ValueError(f"format {said['format']}, expected {FORMAT}")
        accounts = [
            Account(str(each["name"]), Role(each["role"]), str(each["password"])) for each in said["accounts"]
        ]
    except OSError as error:
        raise AccessError(str(path), f"the password file cannot be read ({error.strerror})", _CURE) from None
    except (KeyError, TypeError, ValueError):
        raise AccessError(str(path), "the password file is malformed", _CURE) from None
    return {account.name: account for account in accounts}


def write_accounts(path: Path, accounts: dict[str, Account]) -> None:
    """Write a password file that its owner alone may read.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    said = {"format": FORMAT, "accounts": [asdict(accounts[name]) for name in sorted(accounts)]}
    write_atomically(path, json.dumps(said, indent=2).encode() + b"\n", mode=0o600)


def with_password(account: Account, password: str) -> Account:
    """The account with another password.

    Raises
    ------
    AccessError
        If the password is too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise AccessError(
            account.name, f"the password has fewer than {SHORTEST_PASSWORD} characters", "choose a longer one"
        )
    return replace(account, password=PasswordHasher().hash(password))


def is_right(account: Account | None, password: str) -> bool:
    """Whether a password is the account's; as slow for an account that there is not."""
    stored = account.password if account is not None else ""
    try:
        right = PasswordHasher().verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and bool(stored)


@cache
def _nobodys() -> str:
    return PasswordHasher().hash("nobody's password")
