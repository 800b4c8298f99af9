"""Certificates of the node and of those that it calls."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvm_core.exchange.table import Table

_SILENT_S = 30.0


class _ToldSocket(ssl.SSLSocket):
    """Says why hands were not shaken, which pynetdicom keeps to itself."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except ssl.SSLError as error:
            context, told = self.context, refusal(error)
            if isinstance(context, _LateHandshake) and context.on_refusal is not None and told is not None:
                context.on_refusal(*told)
            raise


class _LateHandshake(ssl.SSLContext):
    """Shakes hands when the first byte is read, in the thread of that connection.

    pynetdicom would do it where it takes connections, so that one who says nothing would keep out all others.
    """

    sslsocket_class = _ToldSocket
    on_refusal: Callable[[str, str], None] | None = None

    def wrap_socket(self, sock: socket.socket, server_side: bool = False, **_: Any) -> ssl.SSLSocket:  # type: ignore[override]
        sock.settimeout(_SILENT_S)
        return super().wrap_socket(sock, server_side=server_side, do_handshake_on_connect=False)


def refusal(error: ssl.SSLError) -> tuple[str, str] | None:
    """Why a caller and the node did not come together, and the cure; None where it only went away."""
    reason = error.reason or ""
    words = reason.lower().replace("_", " ")
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"a caller's certificate is not accepted ({error.verify_message})",
            "have it renewed, or add its authority's to the file that authority names",
        )
    if "PEER_DID_NOT_RETURN_A_CERTIFICATE" in reason:
        return "a caller shows no certificate", "give it one that the authority signed"
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return (
            f"a caller does not accept the node's own certificate ({words})",
            "have it renewed, or let the caller know its authority",
        )
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNSUPPORTED_PROTOCOL"):
        return f"a caller does not speak TLS as the node does ({words})", "let it use TLS 1.2 or later"
    return None


@dataclass(frozen=True)
class Tls:
    """Files of an encrypted connection.

    Attributes
    ----------
    certificate, key : Path or None
        Shown to the other side; None where none is.
    authority : Path or None
        Certificates by which the other side's is judged.
    """

    certificate: Path | None
    key: Path | None
    authority: Path | None

    @classmethod
    def of_server(cls, table: Table) -> "Tls":
        """Of what callers meet; an authority makes them prove themselves too.

        Raises
        ------
        ExchangeError
        """
        found = cls(
            table.path("certificate"),
            table.path("key"),
            table.path("authority") if "authority" in table else None,
        )
        return found._checked(table, found.server_context)

    @classmethod
    def of_client(cls, table: Table) -> "Tls":
        """Of a call; without an authority this machine's own certificates count.

        Raises
        ------
        ExchangeError
        """
        has_own = "certificate" in table or "key" in table
        found = cls(
            table.path("certificate") if has_own else None,
            table.path("key") if has_own else None,
            table.path("authority") if "authority" in table else None,
        )
        return found._checked(table, found.client_context)

    def server_context(self, on_refusal: Callable[[str, str], None] | None = None) -> ssl.SSLContext:
        """What a server answers with; `on_refusal` is told why a caller was not heard, and the cure."""
        context = _LateHandshake(ssl.PROTOCOL_TLS_SERVER)
        context.on_refusal = on_refusal
        self._show_own(context)
        if self.authority is not None:
            context.load_verify_locations(self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self) -> ssl.SSLContext:
        """What a call is made with; the other side's certificate must be valid for its host name."""
        context = ssl.create_default_context(cafile=self.authority)
        self._show_own(context)
        return context

    def _show_own(self, context: ssl.SSLContext) -> None:
        if self.certificate is not None and self.key is not None:
            context.load_cert_chain(self.certificate, self.key)

    def _checked(self, table: Table, make: Callable[[], ssl.SSLContext]) -> "Tls":
        table.no_others()
        for path in (self.certificate, self.key, self.authority):
            if path is not None and not path.is_file():
                table.refuse(f"there is no file {path.name}", "correct the path")
        try:
            make()
        except (ssl.SSLError, OSError) as error:
            reason = getattr(error, "reason", None) or error.strerror
            table.refuse(
                f"its certificate or key cannot be used ({reason})",
                "give PEM files, the key without a password and belonging to the certificate",
            )
        return self
