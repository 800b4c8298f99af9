"""How long certificates are valid is told before they end: the node's own, its authorities', and others'."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archive import free_port, wait_for
from certificates import write_certificates
from pynetdicom import AE
from pynetdicom.sop_class import DigitalXRayImageStorageForPresentation
from typer.testing import CliRunner

from mvm_core.cli import app
from mvm_core.exchange.certificates import certificates_of_others, expiries
from mvm_core.exchange.node import Node
from mvm_core.exchange.node.queue import Queue
from mvm_core.exchange.node.receiving import listen
from mvm_core.exchange.node.record import Record
from mvm_core.exchange.settings import Caller, Destination, NodeSettings, Settings, WebServer
from mvm_core.exchange.tls import Tls

# pynetdicom leaves the socket of a call that nobody took to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

CONFIG = (
    '[node]\nae_title = "MVM"\nqueue = "q"\n[node.tls]\ncertificate = "own.pem"\nkey = "own.key"\n'
    'authority = "authority.pem"\n[[caller]]\nae_title = "PACS"\n'
    '[[destination]]\nname = "d"\nae_title = "D"\nhost = "127.0.0.1"\nport = 104\n'
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "node.toml").write_text(CONFIG)
    return tmp_path / "node.toml"


def check(config: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["node", str(config), "--check"])
    said = f"{done.exception}" if not isinstance(done.exception, SystemExit | None) else done.output
    return done.exit_code, " ".join(said.split())


def test_an_expired_certificate_of_the_node_is_told_with_the_cure(config: Path) -> None:
    write_certificates(config.parent, expired=True)
    day = datetime.now(UTC) - timedelta(days=1)
    code, said = check(config)
    assert code
    assert said == (
        f"node.toml, the node MVM: its certificate expired on {day:%Y-%m-%d}; have it renewed, put it into "
        "own.pem, and start the node again."
    )


@pytest.mark.parametrize(("days", "told"), [(9.5, "expires on"), (29.5, "in 29 days"), (31, ""), (365, "")])
def test_the_end_of_a_certificate_is_told_a_month_before(config: Path, days: float, told: str) -> None:
    write_certificates(config.parent, days=days)
    code, said = check(config)
    assert code == 0
    assert "node.toml is sound." in said
    assert told in said
    assert ("have it renewed" in said) == bool(told)


def test_the_authority_counts_too(config: Path, tmp_path: Path) -> None:
    own, key, authority = write_certificates(tmp_path)
    settings = Settings(
        NodeSettings("MVM", "", 0, tmp_path, (), (), tls=Tls(own, key, authority)), (WebServer("w", "http://x"),)
    )  # fmt: skip
    later = datetime.now(UTC) + timedelta(days=364)
    assert expiries(settings, others=True) == {}
    told = {each.name: why for each, why in expiries(settings, others=False, now=later).items()}
    assert set(told) == {"the node MVM", "the authority by which the node MVM judges"}


@contextmanager
def tls_node(
    folder: Path, authority: Path | None = None, **valid: float
) -> Iterator[tuple[NodeSettings, Tls]]:
    """A listening node with its own certificate, in this process, and what callers need."""
    own, key, signed_by = write_certificates(folder, **valid)  # type: ignore[arg-type]
    callers, tls = (Caller("MODALITY"),), Tls(own, key, authority)
    settings = NodeSettings("MVM", "127.0.0.1", free_port(), folder / "queue", callers, (), tls=tls)
    queue = Queue(settings.queue)
    server = listen(settings, queue, Record(queue.record), lambda: None)
    try:
        yield settings, Tls(None, None, signed_by)
    finally:
        server.shutdown()
        queue.close()


def call(settings: NodeSettings, context: ssl.SSLContext | None) -> bool:
    entity = AE("MODALITY")
    entity.acse_timeout = entity.connection_timeout = 3
    entity.add_requested_context(DigitalXRayImageStorageForPresentation)
    args = (context, "127.0.0.1") if context is not None else None
    association = entity.associate("127.0.0.1", settings.port, ae_title="MVM", tls_args=args)
    if association.is_established:
        association.release()
        return True
    return False


def record(settings: NodeSettings, event: str) -> list[dict[str, str]]:
    path = settings.queue / "record.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    return [line for line in lines if line["event"] == event]


def test_what_others_show_is_told_before_it_ends(tmp_path: Path) -> None:
    with tls_node(tmp_path, days=10) as (settings, calling):
        others = Settings(
            NodeSettings(
                "MVM", "", 0, tmp_path, (),
                (Destination("d", "D", "127.0.0.1", settings.port, calling, timeout_s=3),
                 Destination("plain", "D", "127.0.0.1", settings.port, timeout_s=3)),
            ),
            (WebServer("w", f"https://127.0.0.1:{settings.port}", authority=calling.authority, timeout_s=3),
             WebServer("away", f"https://127.0.0.1:{free_port()}", timeout_s=3)),
        )  # fmt: skip
        found = {each.name: each for each in certificates_of_others(others)}
    assert set(found) == {"destination d", "server w"}
    assert "in 9 days" in found["destination d"].problem()


def test_why_hands_were_not_shaken_is_told(tmp_path: Path) -> None:
    callers, node_folder, late = tmp_path / "callers", tmp_path / "node", tmp_path / "late"
    for folder in (callers, node_folder, late):
        folder.mkdir()
    own, key, authority = write_certificates(callers, expired=True)
    with tls_node(node_folder, authority) as (settings, calling):
        assert not call(settings, Tls(own, key, calling.authority).client_context())
        assert not call(settings, calling.client_context())
        assert not call(settings, None)
        lines = wait_for(lambda: (found := record(settings, "refused"))[2:] and found, 10)
    told = [(line["why"], line["cure"]) for line in lines]
    assert told[0][0] == "a caller's certificate is not accepted (certificate has expired)"
    assert told[0][1].startswith("have it renewed")
    assert told[1][0] == "a caller shows no certificate"
    assert told[2][0].startswith("a caller does not speak TLS")
    with tls_node(late, expired=True) as (settings, calling):
        assert not call(settings, calling.client_context())
        (line,) = wait_for(lambda: record(settings, "refused"), 10)
    assert line["why"].startswith("a caller does not accept the node's own certificate")
    assert "expired" in line["why"]


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[[int], NodeSettings]]:
    running: list[tuple[Node, threading.Thread]] = []

    def start(days: int) -> NodeSettings:
        tls = Tls(*write_certificates(tmp_path, days=days))
        to = Destination("d", "D", "127.0.0.1", 1)
        settings = NodeSettings(
            "MVM", "127.0.0.1", free_port(), tmp_path / "q", (Caller("P"),), (to,), tls=tls
        )
        node = Node(settings)
        running.append((node, threading.Thread(target=node.run)))
        running[-1][1].start()
        return settings

    yield start
    for node, thread in running:
        node.stop()
        thread.join(30)


def test_a_running_node_writes_it_into_its_record(watching: Callable[[int], NodeSettings]) -> None:
    settings = watching(5)
    (line,) = wait_for(lambda: record(settings, "certificate"), 20)
    assert line["of"] == "the node MVM"
    assert "in 4 days" in line["why"]
    assert "have it renewed" in line["cure"]
