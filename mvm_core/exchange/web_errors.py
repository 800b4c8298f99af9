"""What can go wrong with a DICOMweb server, in one sentence with the cure."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from pydicom.errors import InvalidDicomError

from mvm_core.errors import ExchangeError
from mvm_core.exchange.settings import WebServer
from mvm_core.language import gettext

_NO_ANSWER = (AttributeError, InvalidDicomError, LookupError, TypeError, ValueError)
"""What reading an answer raises that is none of DICOMweb."""


@contextmanager
def web_errors_told(server: WebServer) -> Iterator[None]:
    """Turn what can go wrong with a DICOMweb server into one sentence.

    Raises
    ------
    ExchangeError
    """
    name = server.name
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise ExchangeError(
            name,
            gettext("its certificate is not accepted ({reason})", reason=_verdict(error)),
            gettext("have it renewed, or name its authority in the configuration"),
        ) from None
    except requests.exceptions.Timeout:
        raise ExchangeError(
            name,
            gettext("it did not answer within {seconds:g} s", seconds=server.timeout_s),
            gettext("try again, or give it a longer timeout_seconds"),
        ) from None
    except requests.exceptions.HTTPError as error:
        raise ExchangeError(name, *_refusal(error)) from None
    except (requests.exceptions.RequestException, *_NO_ANSWER) as error:
        away = isinstance(error, requests.exceptions.RequestException)
        if away and not isinstance(error, requests.exceptions.InvalidJSONError):
            raise ExchangeError(
                name, gettext("it cannot be reached"), gettext("check its url and whether it runs")
            ) from None
        raise ExchangeError(
            name,
            gettext("its answer is not that of a DICOMweb server ({reason})", reason=type(error).__name__),
            gettext("check its url"),
        ) from None


def _verdict(error: BaseException) -> str:
    """What was said of a certificate, out of the errors that wrap each other."""
    inner: Any = error
    while inner is not None:
        said = getattr(inner, "verify_message", "")
        if said:
            return said
        inner = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        inner = inner if isinstance(inner, BaseException) else None
    return gettext("the encrypted connection failed")


def _refusal(error: requests.exceptions.HTTPError) -> tuple[str, str]:
    code = error.response.status_code if error.response is not None else 0
    look = gettext("look into the server's own log, and try again")
    if code in (401, 403):
        return (
            gettext("it refuses the credentials (HTTP {code})", code=code),
            gettext("check the environment variables that hold them, and what the account may do"),
        )
    if code == 404:
        return gettext("it has no such study or service (HTTP 404)"), gettext(
            "search again, and check its url"
        )
    if code == 409:
        return gettext("it stored none of the objects (HTTP 409)"), look
    return gettext("it answered with an error (HTTP {code})", code=code), look
