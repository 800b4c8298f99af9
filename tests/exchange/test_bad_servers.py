"""Servers that are away, slow, refuse or are not what they seem: one sentence each, and no secret in it."""

import http.server
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from archive import Orthanc, free_port
from certificates import write_certificates
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.sop_class import ComprehensiveSRStorage

from mvm_core.errors import ExchangeError
from mvm_core.exchange.node.sending import send
from mvm_core.exchange.settings import Destination, WebServer
from mvm_core.exchange.tls import Tls
from mvm_core.exchange.web import Archive

# pynetdicom leaves the socket of a call that nobody took to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@contextmanager
def answering(context: ssl.SSLContext | None = None, code: int = 200) -> Iterator[int]:
    """A web server that has heard nothing of DICOM."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

        def log_message(self, *said: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *said: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at(port: int, scheme: str = "http", **more: object) -> Archive:
    return Archive(WebServer("PACS", f"{scheme}://127.0.0.1:{port}", timeout_s=0.5, **more))  # type: ignore[arg-type]


def test_web_servers_that_are_away_slow_or_something_else() -> None:
    with pytest.raises(ExchangeError, match="PACS: it cannot be reached; check its url"):
        at(free_port()).search()
    with silent() as port, pytest.raises(ExchangeError, match=r"did not answer within 0.5 s; try again"):
        at(port).search()
    with answering() as port, pytest.raises(ExchangeError, match="not that of a DICOMweb server"):
        at(port).search()
    with answering(code=404) as port, pytest.raises(ExchangeError, match="HTTP 404"):
        at(port).films("1.2.3")
    with answering(code=503) as port, pytest.raises(ExchangeError, match=r"HTTP 503.*try again"):
        at(port).search()


def test_an_expired_certificate_is_told(tmp_path: Path) -> None:
    certificate, key, authority = write_certificates(tmp_path, expired=True)
    context = Tls(certificate, key, None).server_context()
    with answering(context) as port, pytest.raises(ExchangeError, match=r"certificate has expired.*renewed"):
        at(port, "https", authority=authority).search()
    to = Destination("d", "D", "127.0.0.1", 0, Tls(None, None, authority), timeout_s=2)
    with called(context) as port, pytest.raises(ExchangeError, match=r"certificate has expired.*renewed"):
        send(_at(to, port), "MVM", {"1.2": b""}, lambda instance: None)


def test_wrong_credentials_are_told_and_never_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    archive = Orthanc(tmp_path, AuthenticationEnabled=True, RegisteredUsers={"reader": "right"})
    archive.start()
    try:
        server = WebServer("PACS", f"{archive.url}/dicom-web", "A_USER", "A_PASSWORD")
        with pytest.raises(ExchangeError, match="variable A_USER, which holds its credentials, is not set"):
            Archive(server)
        monkeypatch.setenv("A_USER", "reader")
        monkeypatch.setenv("A_PASSWORD", "wrong-secret")
        with pytest.raises(
            ExchangeError, match=r"refuses the credentials \(HTTP 401\); check the env"
        ) as told:
            Archive(server).search()
        assert "wrong-secret" not in str(told.value) + caplog.text
        monkeypatch.setenv("A_PASSWORD", "right")
        assert Archive(server).search() == ()
    finally:
        archive.stop()


@contextmanager
def called(context: ssl.SSLContext | None = None, title: str = "D", delay_s: float = 0.0) -> Iterator[int]:
    """A DICOM node that takes reports under one AE title alone, and refuses each of them, after a while."""

    def refuse(event: evt.Event) -> int:
        time.sleep(delay_s)
        return 0xC001

    entity = AE(title)
    entity.require_called_aet = True
    entity.add_supported_context(ComprehensiveSRStorage)
    port = free_port()
    server = entity.start_server(
        ("127.0.0.1", port), block=False, ssl_context=context,
        evt_handlers=[(evt.EVT_C_STORE, refuse)],
    )  # fmt: skip
    try:
        yield port
    finally:
        server.shutdown()


def _at(destination: Destination, port: int) -> Destination:
    return Destination(
        destination.name, destination.ae_title, destination.host, port, destination.tls,
        timeout_s=destination.timeout_s,
    )  # fmt: skip


def test_dicom_nodes_that_are_away_slow_or_refuse() -> None:
    def to(port: int, title: str = "D") -> None:
        send(Destination("d", title, "127.0.0.1", port, timeout_s=0.5), "MVM", {"1.2": b""}, print)

    with pytest.raises(ExchangeError, match=r"cannot be reached \(Connection refused\); check host and port"):
        to(free_port())
    with silent() as port, pytest.raises(ExchangeError, match="does not answer as a DICOM node; check its"):
        to(port)
    with called() as port, pytest.raises(ExchangeError, match=r"refuses the association.*enter MVM among"):
        to(port, "OTHER")


def a_report() -> bytes:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = ComprehensiveSRStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2"
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_a_dicom_node_that_refuses_or_is_too_slow_for_an_object_is_told() -> None:
    sent: list[str] = []

    def to(port: int) -> dict[str, int]:
        destination = Destination("d", "D", "127.0.0.1", port, timeout_s=0.6)
        return send(destination, "MVM", {"1.2": a_report()}, sent.append)

    with called() as port:
        assert to(port) == {"1.2": 0xC001}
    with (
        called(delay_s=2.0) as port,
        pytest.raises(
            ExchangeError,
            match=r"d: it broke off, or did not answer within 0.6 s; check the network; what is",
        ),
    ):
        to(port)
    assert sent == [], "what was not acknowledged is sent again"
