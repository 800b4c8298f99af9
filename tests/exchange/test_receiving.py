"""What the node takes and refuses, within this process: encrypted, and by callers that prove themselves."""

import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from archive import Changed, free_port
from certificates import write_certificates
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage, DigitalXRayImageStorageForPresentation

from mvm_core.exchange.node.queue import Queue
from mvm_core.exchange.node.receiving import listen
from mvm_core.exchange.node.record import Record
from mvm_core.exchange.settings import Caller, NodeSettings
from mvm_core.exchange.tls import Tls

# pynetdicom leaves the socket of a call that nobody took to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[tuple[NodeSettings, Queue]]:
    tls = Tls(*write_certificates(tmp_path))
    settings = NodeSettings(
        "MVM", "127.0.0.1", free_port(), tmp_path / "queue", (Caller("MODALITY"),), (), tls=tls
    )
    queue = Queue(settings.queue)
    server = listen(settings, queue, Record(queue.record), lambda: None)
    yield settings, queue
    server.shutdown()
    queue.close()


def call(settings: NodeSettings, tls: Tls | None) -> Association:
    entity = AE("MODALITY")
    entity.acse_timeout = entity.connection_timeout = 3
    entity.add_requested_context(DigitalXRayImageStorageForPresentation)
    entity.add_requested_context(CTImageStorage)
    args = (tls.client_context(), "127.0.0.1") if tls is not None else None
    return entity.associate("127.0.0.1", settings.port, ae_title="MVM", tls_args=args)


def test_who_does_not_prove_itself_is_not_heard(node: tuple[NodeSettings, Queue]) -> None:
    settings, queue = node
    assert settings.tls is not None
    for tls in (None, Tls(None, None, settings.tls.authority)):
        association = call(settings, tls)
        assert not association.is_established
    assert list(queue.studies()) == []


def test_films_are_taken_and_others_refused(
    node: tuple[NodeSettings, Queue], ap: bytes, changed: Changed
) -> None:
    settings, queue = node
    with socket.create_connection(("127.0.0.1", settings.port)):  # who says nothing keeps nobody out
        association = call(settings, settings.tls)
    assert association.is_established
    film = pydicom.dcmread(io.BytesIO(ap))
    assert [each.abstract_syntax for each in association.rejected_contexts] == [CTImageStorage]
    assert association.send_c_store(film).Status == 0
    assert queue.films(str(film.StudyInstanceUID)).keys() == {str(film.SOPInstanceUID)}
    kept = pydicom.dcmread(io.BytesIO(queue.films(str(film.StudyInstanceUID))[str(film.SOPInstanceUID)]))
    assert kept.PixelData == film.PixelData
    lost = pydicom.dcmread(io.BytesIO(changed(ap, PatientName="SECRET^NAME")))
    del lost.StudyInstanceUID
    assert association.send_c_store(lost).Status == 0xA900
    association.release()
    assert len(list(queue.studies())) == 1
    lines = [json.loads(line) for line in queue.record.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["received", "refused"]
    assert "no valid UIDs" in lines[1]["why"]
    assert "SECRET" not in queue.record.read_text()
