"""The node as a process, a real Orthanc, and what happens to either; in a network of its own."""

import io
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from archive import Changed, NodeProcess, Orthanc, free_port, wait_for
from highdicom import sr
from isolated import listening, own_network, set_loopback
from pydicom.uid import generate_uid
from pynetdicom import AE, StoragePresentationContexts, evt
from pynetdicom.sop_class import DigitalXRayImageStorageForPresentation, Verification

from mvm_core.examination import Examiner
from mvm_core.exchange import codes
from mvm_core.imaging import StudyFile, pair_films, read_study

_ALL = 6  # objects of a reading of two films


@pytest.fixture(scope="module", autouse=True)
def network() -> Iterator[None]:
    with own_network():
        yield


@pytest.fixture(scope="module")
def node_port(network: None) -> int:
    return free_port()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, node_port: int) -> Iterator[Orthanc]:
    running = Orthanc(tmp_path_factory.mktemp("archive"), dicom=True, node_port=node_port).start()
    yield running
    running.stop()


@pytest.fixture
def make_node(tmp_path: Path, node_port: int) -> Iterator[Callable[..., NodeProcess]]:
    """Nodes by their destinations; all are stopped in the end."""
    made: list[NodeProcess] = []

    def make(destinations: str, caller: str = "", more: str = "") -> NodeProcess:
        folder = tmp_path / f"node{len(made)}"
        folder.mkdir()
        (folder / "node.toml").write_text(
            f'[node]\nae_title = "MVM"\nport = {node_port}\nqueue = "queue"\nquiet_seconds = 0.6\n'
            f'retry_seconds = 0.5\n{more}\n[[caller]]\nae_title = "ORTHANC"\n{caller}\n'
            f'[[caller]]\nae_title = "MODALITY"\n{destinations}'
        )
        made.append(NodeProcess(folder / "node.toml", folder / "queue"))
        return made[-1]

    yield make
    for each in made:
        if each.process is not None and each.process.returncode is None:
            each.stop()


def both_ways(archive: Orthanc) -> str:
    return (
        f'[[server]]\nname = "web"\nurl = "{archive.url}/dicom-web"\n'
        '[[destination]]\nname = "by web"\nserver = "web"\n'
        f'[[destination]]\nname = "by DICOM"\nae_title = "ORTHANC"\nhost = "127.0.0.1"\n'
        f"port = {archive.dicom_port}\n"
    )


def send(port: int, *films: bytes, called: str = "MVM", calling: str = "MODALITY") -> list[int]:
    """Send films as a modality does; the status of each, 0 where it was acknowledged."""
    entity = AE(calling)
    entity.add_requested_context(DigitalXRayImageStorageForPresentation)
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", port, ae_title=called)
    if not association.is_established:
        return []
    try:
        answers = [association.send_c_store(pydicom.dcmread(io.BytesIO(film))) for film in films]
        return [int(answer.get("Status", -1)) for answer in answers]
    finally:
        association.release()


def study_of(film: bytes) -> str:
    return str(pydicom.dcmread(io.BytesIO(film), specific_tags=["StudyInstanceUID"]).StudyInstanceUID)


def new_study(changed: Changed, *films: bytes, **attributes: object) -> list[bytes]:
    study = generate_uid()
    return [changed(film, StudyInstanceUID=study, **attributes) for film in films]


def test_studies_come_and_their_results_go(
    archive: Orthanc,
    make_node: Callable[..., NodeProcess],
    ap: bytes,
    lateral: bytes,
    no_spine: bytes,
    changed: Changed,
) -> None:
    node = make_node(both_ways(archive), f'host = "127.0.0.1"\nport = {archive.dicom_port}').start()
    assert archive.post("modalities/node/echo", {}) == {}
    spine = new_study(changed, ap, lateral)
    other = new_study(changed, no_spine)
    two = new_study(changed, ap, lateral)
    two[1] = changed(two[1], PatientID="somebody else")
    for film in (*spine, *other, *two):
        archive.upload(film)
    for study in (spine, other, two):
        archive.send_study(study_of(study[0]))
    wait_for(lambda: len(node.record("sent")) == 2 and node.record("let-pass") and node.record("not-read"))

    (passed,), (refused,) = node.record("let-pass"), node.record("not-read")
    assert passed["study"] == study_of(other[0])
    assert refused["study"] == study_of(two[0])
    assert "two patients" in refused["why"]
    assert "correct the headers in the PACS" in refused["cure"]
    assert not archive.results(study_of(other[0]))
    assert not archive.results(study_of(two[0]))
    results = archive.results(study_of(spine[0]))
    assert Counter(tags["Modality"] for tags in results.values()) == {"SR": 1, "PR": 2, "OT": 2, "DOC": 1}

    report = next(uid for uid, tags in results.items() if tags["Modality"] == "SR")
    said = sr.srread(stored(archive, report)).content.get_planar_roi_measurement_groups()
    told = {
        group.tracking_identifier: measured.value
        for group in said
        for measured in group.get_measurements()
        if measured.name == codes.P_DISEASE
    }
    pair = pair_films(read_study([StudyFile(f"{n}.dcm", film) for n, film in enumerate(spine)]))
    found = Examiner.open().examine(pair)
    assert told == {level.level: level.probability_disease for level in found.levels}

    record = (node.queue / "record.jsonl").read_text()
    header = pydicom.dcmread(io.BytesIO(ap), stop_before_pixels=True)
    assert str(header.PatientName) not in record
    assert header.PatientID not in record

    # what the archive asks to be kept is told to it
    uids = [pydicom.dcmread(io.BytesIO(film), stop_before_pixels=True).SOPInstanceUID for film in spine]
    kind = DigitalXRayImageStorageForPresentation
    asked = archive.post(
        "modalities/node/storage-commitment", {"DicomInstances": [[kind, each] for each in (*uids, "1.2.3")]}
    )
    answered = wait_for(lambda: _answered(archive, asked["ID"]))
    assert {each["SOPInstanceUID"] for each in answered["Success"]} == set(uids)
    assert [each["SOPInstanceUID"] for each in answered["Failures"]] == ["1.2.3"]

    # the archive routes the whole study to the node again, results and all: nothing new comes of it
    for film in (*spine, *other):
        send_as_archive = send(free_port_of(node), film, calling="ORTHANC")
        assert send_as_archive == [0]
    capture = next(uid for uid, tags in results.items() if tags["Modality"] == "OT")
    archive.post("modalities/node/store", {"Resources": [_identity(archive, capture)], "Synchronous": True})
    wait_for(lambda: any("result of this program" in line["why"] for line in node.record("film-let-pass")))
    time.sleep(0.7)
    assert len(node.record("sent")) == 2
    assert archive.results(study_of(spine[0])).keys() == results.keys()

    assert send(free_port_of(node), spine[0], calling="STRANGER") == []
    assert send(free_port_of(node), spine[0], called="OTHER") == []
    wait_for(lambda: len(node.record("refused")) == 2)
    assert all("[[caller]]" in line["cure"] for line in node.record("refused"))
    assert node.stop() == 0


def _answered(archive: Orthanc, transaction: str) -> dict | None:
    said = archive.get(f"storage-commitment/{transaction}")
    return said if said["Status"] != "Pending" else None


def _identity(archive: Orthanc, uid: str) -> str:
    return archive.post("tools/find", {"Level": "Instance", "Query": {"SOPInstanceUID": uid}})[0]


def stored(archive: Orthanc, uid: str) -> io.BytesIO:
    import requests

    answer = requests.get(f"{archive.url}/instances/{_identity(archive, uid)}/file", timeout=30)
    return io.BytesIO(answer.content)


def free_port_of(node: NodeProcess) -> int:
    return next(int(line.split()[-1]) for line in node.config.read_text().splitlines() if "port" in line)


class Receiver:
    """A destination that counts what it gets, and may be slow."""

    def __init__(self) -> None:
        self.port, self.delay_s = free_port(), 0.0
        self.got: list[tuple[str, bytes]] = []
        self._lock = threading.Lock()

    @contextmanager
    def listening(self) -> Iterator[None]:
        entity = AE("RECEIVER")
        entity.supported_contexts = StoragePresentationContexts
        server = entity.start_server(
            ("127.0.0.1", self.port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
        )
        try:
            yield
        finally:
            server.shutdown()

    def _store(self, event: evt.Event) -> int:
        time.sleep(self.delay_s)
        with self._lock:
            self.got.append(
                (str(event.request.AffectedSOPInstanceUID), event.encoded_dataset(include_meta=False))
            )
        return 0

    def as_destination(self) -> str:
        return (
            f'[[destination]]\nname = "receiver"\nae_title = "RECEIVER"\nhost = "127.0.0.1"\n'
            f"port = {self.port}\ntimeout_seconds = 5\n"
        )


def test_a_full_disk_and_kills_at_several_moments_lose_nothing_and_send_nothing_twice(
    make_node: Callable[..., NodeProcess], ap: bytes, lateral: bytes, changed: Changed
) -> None:
    receiver = Receiver()
    node, films = make_node(receiver.as_destination()), new_study(changed, ap, lateral)
    port, room = free_port_of(node), len(films[0]) // 2
    # a disk without room for a film: its sender is told, and nothing is left of it
    node.start(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
    assert send(port, *films) == [0xA700, 0xA700]
    told = node.record("refused")[0]
    assert "cannot be written" in told["why"]
    assert "sent again" in told["cure"]
    assert not list(node.queue.glob("studies/*/films/*"))
    assert not list((node.queue / "half").iterdir())
    node.kill()
    # films were acknowledged, and while they are read
    node.start()
    assert send(port, *films) == [0, 0]
    time.sleep(0.9)
    assert not list(node.queue.glob("studies/*/results/*/*.dcm"))
    node.kill()
    node.start()
    wait_for(lambda: node.record("not-sent"))
    assert "cannot be reached" in node.record("not-sent")[0]["why"]
    # while results are sent
    receiver.delay_s = 0.4
    with receiver.listening():
        wait_for(lambda: len(receiver.got) >= 2)
        node.kill()
        receiver.delay_s = 0.0
        node.start()
        wait_for(lambda: node.record("sent"))
        assert send(port, *films) == [0, 0]
        time.sleep(1.5)
        node.stop()
    contents: dict[str, set[bytes]] = {}
    for instance, content in receiver.got:
        contents.setdefault(instance, set()).add(content)
    assert len(contents) == _ALL
    assert all(len(each) == 1 for each in contents.values()), "one identity, two contents"
    # of one object the answer may have been on its way when the node was killed; it is the same object
    assert len(receiver.got) - len(contents) <= 1
    assert not list((node.queue / "half").iterdir())


def test_a_destination_that_is_away_and_a_network_that_is_cut(
    archive: Orthanc, make_node: Callable[..., NodeProcess], ap: bytes, lateral: bytes, changed: Changed
) -> None:
    node = make_node(both_ways(archive)).start()
    films = new_study(changed, ap, lateral)
    archive.stop()
    assert send(free_port_of(node), *films) == [0, 0]
    wait_for(lambda: {line["destination"] for line in node.record("not-sent")} == {"by web", "by DICOM"})
    assert all("cannot be reached" in line["why"] and line["cure"] for line in node.record("not-sent"))
    set_loopback(up=False)
    try:
        archive.start_without_waiting()
        time.sleep(1)
        assert not node.record("sent")
    finally:
        set_loopback(up=True)
    archive.wait_until_ready()
    wait_for(lambda: len(node.record("sent")) == 2)
    assert len(archive.results(study_of(films[0]))) == _ALL
    node.stop()


def test_the_configuration_of_the_manual_starts(
    tmp_path: Path, ap: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "node.md").read_text()
    (tmp_path / "node.toml").write_text(manual.split("```toml\n")[1].split("```")[0])
    monkeypatch.setenv("MVM_PACS_PASSWORD", "secret")
    node = NodeProcess(tmp_path / "node.toml", tmp_path / "queue").start()
    assert node.process is not None
    assert any(address.endswith(":2B68") for address in listening(node.process.pid))
    assert send(11112, ap, calling="PACS") == [0]
    wait_for(lambda: node.record("received"))
    assert not [path for path in node.queue.rglob("*") if path.stat().st_mode & 0o077], (
        "others may read films"
    )
    assert node.stop() == 0
    assert "secret" not in (tmp_path / "queue" / "record.jsonl").read_text()
