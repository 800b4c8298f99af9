"""The hospital's OpenID Connect provider, through Streamlit's own login.

Streamlit talks to the provider and leaves a signed cookie behind. It counts here for one login, shortly
after it was signed; from then on the session is one of ours, which ends when its user is idle.
"""

import hashlib
import importlib.util
import json
from collections.abc import Mapping

from streamlit.auth_util import get_cookie_with_chunks, get_secrets_auth_section, validate_auth_credentials
from streamlit.errors import StreamlitAuthError
from streamlit.user_info import generate_login_redirect_url
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from mvm_core.errors import AccessError

FRESH_S = 120
"""How long after the provider's answer its cookie may begin a session."""

PATHS = frozenset({"/auth/login", "/oauth2callback"})
"""Open before the login."""


def provider_in_secrets() -> str | None:
    """The provider that the section [auth] of the secrets names; None without that section.

    Raises
    ------
    AccessError
        If the section is incomplete, or what speaks with the provider is not installed.
    """
    section = get_secrets_auth_section()
    if not section:
        return None
    if importlib.util.find_spec("authlib") is None or importlib.util.find_spec("httpx") is None:
        raise AccessError(
            "[auth] in .streamlit/secrets.toml",
            "what speaks with an OpenID Connect provider is not installed",
            "run .venv/bin/pip install -r requirements-provider.txt",
        )
    name = next((key for key in section if isinstance(section[key], Mapping)), "default")
    try:
        validate_auth_credentials(name)
    except StreamlitAuthError:
        raise AccessError(
            "[auth] in .streamlit/secrets.toml",
            "it is incomplete",
            "give redirect_uri, cookie_secret, client_id, client_secret and server_metadata_url",
        ) from None
    return name


def login_address(provider: str) -> str:
    """Where the browser goes to log in."""
    return generate_login_redirect_url(provider)


class Vouchers:
    """The provider's cookies, each good once."""

    def __init__(self) -> None:
        self._used: dict[str, None] = {}

    def name(self, cookies: Mapping[str, str]) -> str | None:
        """Whom the provider has just vouched for; None where it has not, or the cookie was used before."""
        signed = cookies.get(USER_COOKIE_NAME)
        secret = get_cookie_secret()
        if not signed or not secret:
            return None

        def one(name: str) -> bytes | None:
            value = cookies.get(name)
            return decode_signed_value(secret, name, value, FRESH_S / 86400) if value else None

        content = get_cookie_with_chunks(one, USER_COOKIE_NAME)
        if content is None:
            return None
        key = hashlib.sha256(signed.encode()).hexdigest()
        if key in self._used:
            return None
        try:
            said = json.loads(content)
            name = said.get("email") if said.get("email_verified", True) else None
        except (ValueError, AttributeError):
            return None
        self._used[key] = None
        while len(self._used) > 10_000:
            del self._used[next(iter(self._used))]
        return str(name or said.get("sub") or "") or None
