"""How long certificates are valid: those in the node's files, and those that others show it."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from mvm_core.exchange.settings import Settings

WARN_BEFORE = timedelta(days=30)
"""From then on its end is told."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its end.

    Attributes
    ----------
    name : str
        Whose it is, in words.
    until : datetime
        UTC.
    cure : str
        What to do about its end.
    """

    name: str
    until: datetime
    cure: str

    def problem(self, now: datetime | None = None) -> str:
        """What is to be told of it; empty where it is valid for longer than `WARN_BEFORE`."""
        left = self.until - (now or datetime.now(UTC))
        if left <= timedelta(0):
            return f"its certificate expired on {self.until:%Y-%m-%d}"
        if left <= WARN_BEFORE:
            return f"its certificate expires on {self.until:%Y-%m-%d}, in {left.days} days"
        return ""

    def has_expired(self, now: datetime | None = None) -> bool:
        """Whether it is valid no more."""
        return self.until <= (now or datetime.now(UTC))


def certificates_in_files(settings: Settings) -> Iterator[Certificate]:
    """The certificates that the configuration names: what the node shows, and by which it judges others."""
    node = settings.node
    if node is not None:
        if node.tls is not None:
            yield from _in_files(f"the node {node.ae_title}", node.tls.certificate, node.tls.authority)
        for each in node.destinations:
            if each.tls is not None:
                yield from _in_files(f"destination {each.name}", each.tls.certificate, each.tls.authority)
    for server in settings.servers:
        yield from _in_files(f"server {server.name}", None, server.authority)


def certificates_of_others(settings: Settings) -> Iterator[Certificate]:
    """The certificates that destinations and servers show now.

    Who cannot be reached, or is not believed, is passed over: sending tells that.
    """
    for server in settings.servers:
        if server.url.startswith("https:"):
            address = urlsplit(server.url)
            context = ssl.create_default_context(cafile=server.authority)
            place = address.hostname or "", address.port or 443
            yield from _shown(f"server {server.name}", place, context, server.timeout_s)
    for each in settings.node.destinations if settings.node is not None else ():
        if each.tls is not None:
            context = each.tls.client_context()
            yield from _shown(f"destination {each.name}", (each.host, each.port), context, each.timeout_s)


def expiries(settings: Settings, *, others: bool, now: datetime | None = None) -> Mapping[Certificate, str]:
    """Certificates that have expired or soon will, each with what is to be told of it.

    Parameters
    ----------
    settings : Settings
    others : bool
        Whether destinations and servers are asked for theirs.
    now : datetime, optional
        UTC.
    """
    found = [*certificates_in_files(settings), *(certificates_of_others(settings) if others else ())]
    told = {each: each.problem(now) for each in found}
    return {each: problem for each, problem in told.items() if problem}


def _in_files(name: str, own: Path | None, authority: Path | None) -> Iterator[Certificate]:
    if own is not None and (ends := _ends(own)):
        until = min(ends)  # its own, and those that lead to its authority
        yield Certificate(name, until, f"have it renewed, put it into {own.name}, and start the node again")
    if authority is not None and (ends := _ends(authority)):
        until = max(ends)  # several may stand there for the change from one to the next
        cure = f"have its authority's renewed, put it into {authority.name}, and start the node again"
        yield Certificate(f"the authority by which {name} judges", until, cure)


def _ends(file: Path) -> list[datetime]:
    """Empty for a file that went while the node runs; its next start tells that."""
    try:
        return [each.not_valid_after_utc for each in x509.load_pem_x509_certificates(file.read_bytes())]
    except (OSError, ValueError):
        return []


def _shown(
    name: str, place: tuple[str, int], context: ssl.SSLContext, timeout_s: float
) -> Iterator[Certificate]:
    try:
        with (
            socket.create_connection(place, timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=place[0]) as encrypted,
        ):
            shown = encrypted.getpeercert() or {}
    except OSError:
        return
    if "notAfter" in shown:
        until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
        yield Certificate(name, until, "let those who keep it have it renewed")
