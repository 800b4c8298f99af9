"""Object storage for tests and runs: moto's server, and one that makes large films as they are asked for."""

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from werkzeug.serving import make_server

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


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


def moto_app() -> Any:
    """moto's server as an application, with nothing in it."""
    from moto.backends import get_backend
    from moto.server import DomainDispatcherApplication, create_backend_app

    get_backend("s3").reset()  # what one server of this process was given, each would have
    return DomainDispatcherApplication(create_backend_app)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an application on a free port of this machine; gives HOST:PORT."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line for each request
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        thread.join(10)
        running.server_close()


def options_of(place: str) -> str:
    """The options of an address of the storage at HOST:PORT."""
    return f"endpoint_override={place}&scheme=http&region={REGION}"


def client_of(place: str) -> Any:
    """boto3's client of the storage at HOST:PORT."""
    import boto3

    return boto3.client("s3", endpoint_url=f"http://{place}", region_name=REGION)


@dataclass
class MadeFilms:
    """S3's listing and reading of films that lie nowhere: each is made when it is asked for.

    Attributes
    ----------
    kinds : sequence of bytes
        DICOM files, one after the other in turn.
    count : int
        Films.
    given : int
        Bytes that were sent.
    """

    kinds: Sequence[bytes]
    count: int
    given: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def size(self) -> int:
        """Of all films, in bytes."""
        return sum(len(self.kinds[number % len(self.kinds)]) for number in range(self.count))

    def film(self, number: int) -> bytes:
        """A film, in a study of its own with the others of its round."""
        content = self.kinds[number % len(self.kinds)]
        mark = b"%08d" % (number // len(self.kinds))
        return content.replace(b"99999999", mark)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Sequence[bytes]:
        asked = parse_qs(environ.get("QUERY_STRING", ""))
        key = environ["PATH_INFO"].partition("/films")[2].strip("/")
        if "list-type" in asked:
            body = self._listing(asked.get("prefix", [""])[0]).encode()
            start("200 OK", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        named = re.fullmatch(r"a/(\d+)\.dcm", key)
        if named is None:
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        content = self.film(int(named[1]))
        headers = [("ETag", '"1"'), ("Accept-Ranges", "bytes"), ("Last-Modified", _LONG_AGO)]
        if environ["REQUEST_METHOD"] == "HEAD":
            start("200 OK", [*headers, ("Content-Length", str(len(content)))])
            return [b""]
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", environ.get("HTTP_RANGE", ""))
        first = int(part[1]) if part else 0
        last = min(int(part[2]) if part and part[2] else len(content) - 1, len(content) - 1)
        body = content[first : last + 1]
        with self._lock:
            self.given += len(body)
        ranged = ("Content-Range", f"bytes {first}-{last}/{len(content)}")
        start("206 Partial Content" if part else "200 OK",
              [*headers, ("Content-Length", str(len(body))), *([ranged] if part else [])])  # fmt: skip
        return [body]

    def _listing(self, prefix: str) -> str:
        rows = "".join(
            f"<Contents><Key>a/{number:06d}.dcm</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"1"</ETag><Size>{len(self.kinds[number % len(self.kinds)])}</Size>'
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for number in range(self.count)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult '
            'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>films</Name>'
            f"<Prefix>{escape(prefix)}</Prefix><KeyCount>{self.count}</KeyCount><MaxKeys>{self.count}</MaxKeys>"
            f"<IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        )


_LONG_AGO = "Thu, 01 Jan 2026 00:00:00 GMT"


if __name__ == "__main__":
    # moto's server alone, one request in twenty failing: prints HOST:PORT and serves until its input ends.
    with served(Failing(moto_app(), every=20)) as place:
        print(place, flush=True)
        sys.stdin.read()
