"""Object storage by moto's server: films read from it, requests that fail, buckets and rights that lack."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from films import write_archive

from mvm_core.cluster.archive import score_archive
from mvm_core.cluster.folder import ResultFolder
from mvm_core.cluster.rows import SECONDS
from mvm_core.cluster.storage import Storage, _unreachable
from mvm_core.errors import StorageError

pytestmark = pytest.mark.filterwarnings("ignore")


class Failing:
    """A server before another that answers one request in `every` with an error."""

    def __init__(self, app: Any, every: int) -> None:
        self.app, self.every, self.asked, self.failed = app, every, 0, 0

    def __call__(self, environ: Any, start: Any) -> Any:
        self.asked += 1
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and self.asked % self.every == 0:
            self.failed += 1
            start("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        return self.app(environ, start)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Failing]]:
    import threading

    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = Failing(DomainDispatcherApplication(create_backend_app), every=4)
    running = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    yield f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1", app
    running.shutdown()


def test_storage_that_fails_now_and_then_gives_the_same_rows(
    server: tuple[str, Failing], tmp_path: Path
) -> None:
    import boto3

    options, app = server
    endpoint = "http://" + options.split("endpoint_override=")[1].split("&")[0]
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="films")
    archive = tmp_path / "films"
    write_archive(archive, 5, 1, patients=1)
    for path in archive.rglob("*"):
        if path.is_file():
            client.put_object(Bucket="films", Key=f"a/{path.relative_to(archive)}", Body=path.read_bytes())
    score_archive(str(archive), tmp_path / "local")
    score_archive(f"s3://films/a?{options}", tmp_path / "remote")
    assert app.failed
    for kind in ("levels", "films", "unread"):
        one, other = (ResultFolder(tmp_path / name).table(kind) for name in ("local", "remote"))
        if SECONDS in one.column_names:
            one, other = one.drop([SECONDS]), other.drop([SECONDS])
        assert one.equals(other)
    with pytest.raises(StorageError, match=r"there is no such (bucket|place)"):
        Storage(f"s3://nobody?{options}").files()


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
