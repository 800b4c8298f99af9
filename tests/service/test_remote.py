"""An app that reads by the service: the same examination as by itself, bit for bit."""

import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import uvicorn

from mvm_core import errors
from mvm_core.errors import ClusterError
from mvm_core.examination import Examiner
from mvm_core.imaging import SameFilmError
from mvm_core.inference import SHIPPED
from mvm_core.language import speaking
from mvm_core.models import Reader
from mvm_core.radiograph import FilmPair, View
from mvm_core.service.application import create_app
from mvm_core.service.examining import PATH, question
from mvm_core.service.readers import LocalReader
from mvm_core.service.remote import RemoteExaminer, RemoteReader, open_examiner
from mvm_core.service.settings import ServiceSettings
from mvm_core.service.wire import WireError, pack, unpack
from pages.components.frame import shared_reader

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner.open(SHIPPED)


@pytest.fixture(scope="module")
def address(examiner: Examiner) -> Iterator[str]:
    settings = ServiceSettings(most_bytes=40_000_000)
    app = create_app(LocalReader(examiner, settings), settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        assert running.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    running.join(20)


@pytest.fixture(autouse=True)
def _directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("MVM_READER_TOKEN", raising=False)


def test_a_service_examines_as_this_process_does(address: str, examiner: Examiner, pair: FilmPair) -> None:
    remote, film = RemoteExaminer(address, examiner.reader), replace(pair, ap_box=None, lateral_box=None)
    wanted = examiner.examine(film)
    found = remote.examine(film)
    assert pack(found) == pack(wanted)
    assert found.reading is not None
    assert found.reading.leading.evidence[View.AP].values.dtype == np.float32
    with speaking("zh-TW"):
        of_level = remote.examine(film, found.spines, "L3")
        assert pack(of_level) == pack(examiner.examine(film, wanted.spines, "L3"))
    assert of_level.level_in_question == "L3"


def test_films_at_a_box_and_spines_are_read_there_too(
    address: str, examiner: Examiner, pair: FilmPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MVM_READER", address)
    remote = open_examiner()
    assert isinstance(remote, RemoteExaminer)
    alone = FilmPair(ap=pair.ap, ap_box=pair.ap_box)
    assert isinstance(shared_reader(), RemoteReader)
    assert alone.ap is not None
    assert pack(shared_reader().read(alone)) == pack(examiner.reader.read(alone))
    assert pack(remote.finder.find(alone.ap)) == pack(examiner.finder.find(alone.ap))
    monkeypatch.setenv("MVM_READER", "http://127.0.0.1:9")
    for ask in (lambda: shared_reader().read(alone), lambda: open_examiner().finder.find(alone.ap)):
        with pytest.raises(ClusterError, match="the service cannot be reached"):
            ask()
    assert remote.disease.weights.identity == examiner.disease.weights.identity


def test_its_errors_are_the_apps_own(address: str, examiner: Examiner, pair: FilmPair) -> None:
    assert pair.ap is not None
    twice = FilmPair(ap=pair.ap, lateral=replace(pair.ap, view=View.LATERAL))
    with pytest.raises(SameFilmError) as own:
        examiner.examine(twice)
    with pytest.raises(errors.StudyError) as told:
        RemoteExaminer(address, examiner.reader).examine(twice)
    assert str(told.value) == str(own.value)


def test_no_service_other_weights_and_a_refusal_are_told(
    address: str, examiner: Examiner, pair: FilmPair
) -> None:
    alone = FilmPair(ap=pair.ap, ap_box=pair.ap_box)
    with pytest.raises(ClusterError, match=r"MVM_READER: the service cannot be reached \(ConnectionError\)"):
        RemoteExaminer("http://127.0.0.1:9", examiner.reader).examine(alone)
    other = Reader(replace(examiner.reader.weights, identity="0" * 64))
    with pytest.raises(ClusterError, match="other weights than these pages show"):
        RemoteExaminer(address, other).examine(alone)
    with pytest.raises(ClusterError, match=r"the service refuses \(HTTP 404\)"):
        RemoteExaminer(address + "/nowhere", examiner.reader).examine(alone)


def test_what_is_no_question_is_refused(address: str, pair: FilmPair) -> None:
    import requests

    whole = question(FilmPair(ap=pair.ap), None, None, "en")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("document.npy", b"0" * 10_000)
    pickled = io.BytesIO()
    np.savez(pickled, document=np.array([{}], dtype=object))
    for content in (
        *(b"", b"PK", whole[:-200], packed.getvalue(), pickled.getvalue(), pack({"pair": None})),
        pack({"pair": pair, "spines": {}, "level": "C3", "language": "en"}),
        question(FilmPair(ap=replace(pair.ap, pixels=np.zeros(4, np.float32))), None, None, "en"),  # type: ignore[type-var]
    ):
        answer = requests.post(address + PATH, data=content, timeout=60)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"].startswith("The films cannot be read as they were sent")


def test_only_this_projects_data_is_sent_and_taken() -> None:
    with pytest.raises(TypeError, match="is not sent"):
        pack(ValueError("no"))
    document = pack({"pair": None}).replace(b'"map"', b'"new"')
    with pytest.raises(WireError):
        unpack(document)
