"""Object storage by moto's server: films read from it, requests that fail, buckets and rights that lack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from films import write_archive
from storage import CREDENTIALS, Failing, client_of, moto_app, options_of, served

from mvm_core.cluster import storage
from mvm_core.cluster.archive import score_archive
from mvm_core.cluster.folder import ResultFolder
from mvm_core.cluster.rows import SECONDS
from mvm_core.cluster.storage import Storage, _unreachable
from mvm_core.errors import StorageError

pytestmark = pytest.mark.filterwarnings("ignore")


class Guarded:
    """A server before another that lets nobody in whose request is not signed."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start: Any) -> Any:
        if "HTTP_AUTHORIZATION" in environ:
            return self.app(environ, start)
        body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**CREDENTIALS, "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)
    storage._open.cache_clear()
    yield
    storage._open.cache_clear()


def test_storage_that_fails_now_and_then_gives_the_same_rows(tmp_path: Path) -> None:
    archive = tmp_path / "films"
    write_archive(archive, 5, 1, patients=1)
    failing = Failing(moto_app(), every=4)
    with served(failing) as place:
        client = client_of(place)
        client.create_bucket(Bucket="films")
        for path in archive.rglob("*"):
            if path.is_file():
                key = f"a/{path.relative_to(archive)}"
                client.put_object(Bucket="films", Key=key, Body=path.read_bytes())
        score_archive(str(archive), tmp_path / "local")
        score_archive(f"s3://films/a?{options_of(place)}", tmp_path / "remote")
    assert failing.failed
    for kind in ("levels", "films", "unread"):
        one, other = (ResultFolder(tmp_path / name).table(kind) for name in ("local", "remote"))
        if SECONDS in one.column_names:
            one, other = one.drop([SECONDS]), other.drop([SECONDS])
        assert one.equals(other)


def test_failed_requests_are_made_again_however_many_there_were() -> None:
    failing = Failing(moto_app(), every=2)
    with served(failing) as place:
        client = client_of(place)
        client.create_bucket(Bucket="films")
        client.put_object(Bucket="films", Key="a/film.dcm", Body=b"1234")
        archive = Storage(f"s3://films/a?{options_of(place)}")
        while failing.failed < 150:
            assert archive.read("film.dcm") == b"1234"


def test_the_environment_of_any_client_of_s3_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(Guarded(moto_app())) as place:
        client = client_of(place)
        client.create_bucket(Bucket="films")
        client.put_object(Bucket="films", Key="a/film.dcm", Body=b"1234")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{place}")
        assert Storage("s3://films/a").files() == [("film.dcm", 4)]
        assert Storage("s3://films/a").read("film.dcm", 3) == b"123"
        with pytest.raises(StorageError, match=r"^s3://films/b: there is no such place; name one that is"):
            Storage("s3://films/b").files()
        with pytest.raises(StorageError, match=r"there is no such (bucket|place)"):
            Storage("s3://nobody").files()
        with pytest.raises(StorageError, match="unknown option colour"):
            Storage("s3://films/a?colour=red").files()
        for name in CREDENTIALS:
            monkeypatch.delenv(name)
        storage._open.cache_clear()
        with pytest.raises(StorageError, match="lets nobody in without the right credentials; set AWS_ACC"):
            Storage("s3://films/a").files()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("AWS Error ACCESS_DENIED during HeadObject operation: No response body.", "credentials"),
        ("AWS Error NO_SUCH_BUCKET during ListObjectsV2", "no such bucket"),
        ("AWS Error NETWORK_CONNECTION during ListObjectsV2: curlCode: 7", "does not answer"),
    ],
)
def test_what_storage_says_is_told_in_one_sentence(said: str, told: str) -> None:
    assert told in str(_unreachable("s3://films", said))
