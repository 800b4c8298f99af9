"""Where the app listens, and who is let in."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mvm_core.errors import AccessError
from pages.access.accounts import read_accounts

ADDRESS_VARIABLE = "MVM_ADDRESS"
USERS_VARIABLE = "MVM_USERS"
IDLE_VARIABLE = "MVM_IDLE_MINUTES"
LOCAL = "localhost"


@dataclass(frozen=True)
class Settings:
    """How the app is served.

    Attributes
    ----------
    address : str
        The name or number that it listens on.
    users : Path or None
        The password file.
    provider : str or None
        The name of the OpenID Connect provider in the secrets; None without one.
    idle_s : float
        After how many seconds without a sign of its user a session ends.
    """

    address: str
    users: Path | None
    provider: str | None
    idle_s: float

    @property
    def asks_for_login(self) -> bool:
        """Whether nobody enters without a login."""
        return self.users is not None or self.provider is not None


def is_local(host: str) -> bool:
    """Whether a name or number is this machine's own, which no other machine reaches."""
    host = host.strip("[]").lower()
    if host == LOCAL:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(provider: str | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read how the app is to be served.

    Parameters
    ----------
    provider : str or None
        The provider that the secrets name.
    environment : mapping of str to str

    Raises
    ------
    AccessError
        If other machines would reach it without a login, or a setting or the password file is wrong.
    """
    address = environment.get(ADDRESS_VARIABLE, "").strip() or LOCAL
    named = environment.get(USERS_VARIABLE, "").strip()
    settings = Settings(address, Path(named) if named else None, provider, _idle_seconds(environment))
    if not is_local(address) and not settings.asks_for_login:
        raise AccessError(
            f"{ADDRESS_VARIABLE}={address}",
            "other machines reach this address, and nothing asks them for a login",
            f"let {USERS_VARIABLE} name a password file (python -m pages.access add NAME makes it), give "
            "an OpenID Connect provider in the section [auth] of .streamlit/secrets.toml, or leave "
            f"{ADDRESS_VARIABLE} out",
        )
    if settings.users is not None and not read_accounts(settings.users):
        raise AccessError(
            str(settings.users), "nobody may enter", "add someone: python -m pages.access add NAME"
        )
    return settings


def _idle_seconds(environment: Mapping[str, str]) -> float:
    said = environment.get(IDLE_VARIABLE, "30")
    try:
        minutes = float(said)
        if not 0 < minutes <= 24 * 60:
            raise ValueError
    except ValueError:
        raise AccessError(
            f"{IDLE_VARIABLE}={said}", "that is no number of minutes up to a day", "set it to 30, for example"
        ) from None
    return 60 * minutes
