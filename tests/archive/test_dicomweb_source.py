"""Archives behind DICOMweb: the rows of the same films in a folder, and what goes wrong with a server."""

import io
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pydicom
import pytest
from films import renamed, simulated_pairs
from storage import Failing, served
from web_server import WebServer

from mvm_core.cluster import dicomweb
from mvm_core.cluster.archive import score_archive
from mvm_core.cluster.folder import ResultFolder
from mvm_core.cluster.rows import SECONDS
from mvm_core.errors import StorageError

STUDIES = 3
TOKEN = "secret of the tests"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Films of three studies by their instances; the last study is of another year."""
    (pair,) = simulated_pairs(1)
    found = {}
    for study in range(STUDIES):
        for content in pair.values():
            data = pydicom.dcmread(io.BytesIO(renamed(content, study)))
            data.StudyDate = "20250101" if study == STUDIES - 1 else "20260301"
            buffer = io.BytesIO()
            data.save_as(buffer)
            found[str(data.SOPInstanceUID)] = buffer.getvalue()
    return found


@pytest.fixture
def name_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Writes the file that names a server."""

    def name(url: str, more: str = "") -> None:
        file = tmp_path / "servers.toml"
        file.write_text(f'[[server]]\nname = "pacs"\nurl = "{url}"\ntimeout_seconds = 20\n{more}')
        monkeypatch.setenv("MVM_NODE", str(file))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    dicomweb._open.cache_clear()
    yield name
    dicomweb._open.cache_clear()


def rows(out: Path, kind: str) -> list[dict[str, object]]:
    """Without what tells the place and the time."""
    places = ("file", "ap", "lateral", "bytes", SECONDS)
    table = ResultFolder(out).table(kind).to_pylist()
    return [{name: value for name, value in row.items() if name not in places} for row in table]


def test_a_query_gives_the_rows_of_the_same_films_in_a_folder(
    films: dict[str, bytes], tmp_path: Path, name_server, monkeypatch: pytest.MonkeyPatch  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    monkeypatch.setenv("PACS_TOKEN", TOKEN)
    archive = tmp_path / "films"
    archive.mkdir()
    wanted = {name: each for name, each in films.items()
              if pydicom.dcmread(io.BytesIO(each)).StudyDate == "20260301"}  # fmt: skip
    for name, content in wanted.items():
        (archive / name).write_bytes(content)  # as a server names them: remarks begin with the film's name
    score_archive(str(archive), tmp_path / "local")
    server = WebServer(films, token=TOKEN)
    failing = Failing(server, every=6)
    with served(failing) as place:
        name_server(f"http://{place}/web", 'token = "PACS_TOKEN"')
        found = score_archive("dicomweb://pacs?StudyDate=20260101-20261231", tmp_path / "remote")
    assert failing.failed
    assert (found.films, found.unread) == (len(wanted), 0)
    for kind in ("levels", "films", "unread"):
        assert rows(tmp_path / "remote", kind) == rows(tmp_path / "local", kind)
    assert set(server.methods) == {"GET"}


def test_a_film_that_is_not_given_has_its_row_and_a_server_that_is_away_stops_the_run(
    films: dict[str, bytes], tmp_path: Path, name_server, monkeypatch: pytest.MonkeyPatch  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    monkeypatch.setattr(dicomweb, "_ATTEMPTS", 2)  # each is waited for longer than the one before
    first = {name: films[name] for name in list(films)[:2]}
    server = WebServer(first, broken=set(first))
    with served(server) as place:
        name_server(f"http://{place}/web")
        score_archive("dicomweb://pacs", tmp_path / "out")
    unread = ResultFolder(tmp_path / "out").table("unread").to_pylist()
    assert sorted(row["file"].rsplit("/")[-1] for row in unread) == sorted(first)
    assert {row["reason"] for row in unread} == {
        "the server does not give it (it answered with an error (HTTP 500))"
    }
    dicomweb._open.cache_clear()
    with pytest.raises(StorageError, match=r"^dicomweb://pacs: it cannot be reached; check its url"):
        score_archive("dicomweb://pacs", tmp_path / "out2")
    assert list((tmp_path / "out2").glob("*.parquet")) == []


def test_servers_that_are_not_named_and_refusals_are_one_sentence(
    films: dict[str, bytes], tmp_path: Path, name_server, monkeypatch: pytest.MonkeyPatch  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    monkeypatch.delenv("MVM_NODE", raising=False)
    with pytest.raises(StorageError, match="no file tells which server that is: MVM_NODE is not set"):
        score_archive("dicomweb://pacs", tmp_path / "out")
    with served(WebServer(films, token=TOKEN)) as place:
        name_server(f"http://{place}/web", 'token = "PACS_TOKEN"')
        monkeypatch.delenv("PACS_TOKEN", raising=False)
        with pytest.raises(StorageError, match="PACS_TOKEN, which holds its credentials, is not set"):
            score_archive("dicomweb://pacs", tmp_path / "out")
        monkeypatch.setenv("PACS_TOKEN", "another")
        with pytest.raises(StorageError, match="it refuses the credentials"):
            score_archive("dicomweb://pacs", tmp_path / "out")
        with pytest.raises(StorageError, match=r"has no server of this name; name one of pacs"):
            score_archive("dicomweb://nobody", tmp_path / "out2")


def test_a_real_orthanc_is_read(films: dict[str, bytes], tmp_path: Path, name_server) -> None:  # type: ignore[no-untyped-def]
    sys.path.append(str(Path(__file__).resolve().parents[1] / "exchange"))
    from archive import Orthanc

    orthanc = Orthanc(tmp_path / "orthanc").start()
    try:
        for content in list(films.values())[:4]:
            orthanc.upload(content)
        name_server(f"{orthanc.url}/dicom-web")
        found = score_archive("dicomweb://pacs", tmp_path / "out")
        assert (found.films, found.unread) == (4, 0)
    finally:
        orthanc.stop()
    table = ResultFolder(tmp_path / "out").table("levels").to_pylist()
    # Orthanc gives the bytes that it was given.
    assert {row["ap_sha256"] for row in table} <= {sha256(each).hexdigest() for each in films.values()}
