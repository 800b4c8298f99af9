"""The gate: what a stranger, a viewer and a reader get, without Streamlit behind it."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
import streamlit
from access_words import PASSWORD
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.access.accounts import read_accounts, write_accounts
from pages.access.gate import COOKIE, Gate
from pages.access.guard import Guard
from pages.access.headers import fetched_ahead
from pages.access.settings import read_settings
from pages.access.uploads import MOST_BYTES_OF_A_SESSION, obstacle

EVERYTHING = (
    "/",
    "/upload",
    "/cohort",
    "/_stcore/host-config",
    "/_stcore/agent/openapi.json",
    "/_stcore/bidi-components/mvm_viewer/index.js",
    "/_stcore/upload_file/session/1",
    "/_stcore/metrics",
    "/component/x/index.html",
    "/media/a.json",
    "/static/js/index.js",
    "/auth/login",
    "/oauth2callback",
)


class Behind:
    """What stands behind the gate, and what came through."""

    def __init__(self, users: Path | None) -> None:
        self.came: list[tuple[str, str | None, str | None]] = []
        self.clock = 1000.0
        guard = Guard(read_settings(None, {"MVM_USERS": str(users)} if users else {}), lambda: self.clock)
        routes = [
            Route("/{path:path}", self._answer, methods=["GET", "PUT", "POST", "DELETE"]),
            WebSocketRoute("/_stcore/stream", self._echo),
        ]
        self.app = Starlette(routes=routes, middleware=[Middleware(Gate, guard=guard)])

    async def _answer(self, request: Request) -> PlainTextResponse:
        role, user = request.headers.get("x-mvm-role"), request.headers.get("x-mvm-user")
        self.came.append((request.url.path, user, role))
        return PlainTextResponse("behind the gate")

    async def _echo(self, websocket: WebSocket) -> None:
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                await websocket.send_text(await websocket.receive_text())

    def client(self, host: str = "testserver", client: str = "10.0.0.7") -> TestClient:
        return TestClient(self.app, base_url=f"http://{host}", client=(client, 5), follow_redirects=False)

    def logged_in(self, name: str) -> TestClient:
        client = self.client()
        answer = client.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303
        return client


@pytest.fixture
def behind(users: Path) -> Behind:
    return Behind(users)


@pytest.fixture
def quick_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.access.gate._LOOK_S", 0.05)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_nothing_passes_without_a_login(behind: Behind, method: str) -> None:
    client = behind.client()
    for path in EVERYTHING:
        forged = {"x-mvm-user": "anna", "x-mvm-role": "reader", "cookie": f"{COOKIE}=guessed"}
        answer = client.request(method, path, headers=forged)
        assert answer.status_code == 401, path
        assert "behind the gate" not in answer.text
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass
    assert behind.came == []


def test_a_browser_is_led_to_the_login_and_then_in(behind: Behind) -> None:
    client = behind.client()
    assert client.get("/", headers={"accept": "text/html"}).headers["location"] == "/login"
    assert 'type="password"' in client.get("/login").text
    wrong = client.post("/login", data={"name": "anna", "password": "wrong wrong wrong"})
    assert wrong.status_code == 403
    assert COOKIE not in wrong.cookies
    right = client.post("/login", data={"name": "anna", "password": PASSWORD})
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    forged = client.get("/upload", headers={"x-mvm-role": "viewer", "X-MVM-User": "eve"})
    assert forged.text == "behind the gate"
    assert behind.came == [("/upload", "anna", "reader")]
    with client.websocket_connect("/_stcore/stream") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_text() == "hello"


def test_the_cookie_is_for_encrypted_ways_alone_where_there_is_one(behind: Behind) -> None:
    client = TestClient(behind.app, base_url="https://testserver", follow_redirects=False)
    answer = client.post("/login", data={"name": "anna", "password": PASSWORD})
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_form_from_another_site_logs_nobody_in(behind: Behind) -> None:
    answer = behind.client().post(
        "/login", data={"name": "anna", "password": PASSWORD}, headers={"origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


def test_a_viewer_looks_and_gives_no_films(behind: Behind) -> None:
    client = behind.logged_in("victor")
    assert client.get("/cohort").text == "behind the gate"
    for method in ("PUT", "DELETE"):
        assert client.request(method, "/_stcore/upload_file/session/1").status_code == 403
    assert behind.came == [("/cohort", "victor", "viewer")]


def test_logging_out_ends_the_session_not_only_the_cookie(behind: Behind) -> None:
    client = behind.logged_in("anna")
    token = client.cookies[COOKIE]
    assert client.get("/logout").status_code == 303
    stolen = behind.client()
    stolen.cookies.set(COOKIE, token)
    assert stolen.get("/upload").status_code == 401


def test_an_idle_websocket_is_closed_and_a_used_one_stays(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.access.gate._LOOK_S", 0.05)
    client = behind.logged_in("anna")
    with client.websocket_connect("/_stcore/stream") as websocket:
        for _ in range(3):
            behind.clock += 0.9 * 30 * 60
            websocket.send_text("here")
            assert websocket.receive_text() == "here"
        behind.clock += 0.9 * 30 * 60
        assert client.post("/alive").status_code == 204
        behind.clock += 0.9 * 30 * 60
        websocket.send_text("here")
        assert websocket.receive_text() == "here"
        behind.clock += 30 * 60
        with pytest.raises(WebSocketDisconnect):
            websocket.receive_text()
    assert client.get("/upload").status_code == 401


def test_whoever_is_removed_loses_the_open_websocket(
    tmp_path: Path, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.access.gate._LOOK_S", 0.05)
    own = tmp_path / "users.json"
    write_accounts(own, read_accounts(users))
    client = Behind(own).logged_in("anna")
    with client.websocket_connect("/_stcore/stream") as websocket:
        write_accounts(own, {"victor": read_accounts(users)["victor"]})
        with pytest.raises(WebSocketDisconnect):
            websocket.receive_text()


@pytest.mark.parametrize(
    ("host", "client", "headers", "passes"),
    [
        ("localhost:8501", "127.0.0.1", {}, True),
        ("127.0.0.1:8501", "127.0.0.1", {}, True),
        ("evil.example", "127.0.0.1", {}, False),
        ("localhost:8501", "10.0.0.7", {}, False),
        ("localhost:8501", "127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, False),
    ],
    ids=["localhost", "number", "foreign name", "other machine", "proxy"],
)
def test_without_a_login_only_this_machine_is_answered(
    host: str, client: str, headers: dict[str, str], passes: bool
) -> None:
    behind = Behind(None)
    asking = behind.client(host, client)
    assert (asking.get("/upload", headers=headers).status_code == 200) is passes
    if passes:
        with asking.websocket_connect(f"ws://{host}/_stcore/stream", headers=headers):
            pass
    else:
        with (
            pytest.raises(WebSocketDisconnect),
            asking.websocket_connect(f"ws://{host}/_stcore/stream", headers=headers),
        ):
            pass


def test_every_answer_forbids_frames_foreign_scripts_and_keeping(behind: Behind) -> None:
    client = behind.client()
    for path in ("/login", "/upload"):
        headers = client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert policy["connect-src"] == "'self'"
        assert "unsafe" not in policy["script-src"]
        assert "http" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        # with no-referrer a browser sends the login form with the origin "null", which is refused
        assert headers["referrer-policy"] == "same-origin"


def test_uploads_are_bounded_before_a_byte_is_taken(behind: Behind) -> None:
    client = behind.logged_in("anna")
    path = "/_stcore/upload_file/session/1"
    assert client.put(path, content=b"x").status_code == 200
    assert client.put(path, content=(b"x" for _ in range(3))).status_code == 411
    assert client.put(path, content=b"", headers={"content-length": str(1 << 30)}).status_code == 413


def test_what_waits_in_a_session_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.access.uploads._waiting", lambda: {"a": MOST_BYTES_OF_A_SESSION - 10})
    assert obstacle("b", "1000") is None
    assert obstacle("a", "5") is None
    refused = obstacle("a", str(4 << 20))
    assert refused is not None
    assert refused[0] == 413
    monkeypatch.setattr(
        "pages.access.uploads._waiting", lambda: dict.fromkeys("cdefgh", MOST_BYTES_OF_A_SESSION)
    )
    refused = obstacle("b", "1000")
    assert refused is not None
    assert refused[0] == 503


def test_what_a_page_lets_the_browser_fetch_ahead_is_there() -> None:
    folder = Path(streamlit.__file__).parent / "static"
    parts = re.findall(r"<\./([^>]+)>; rel=modulepreload", fetched_ahead("/cohort"))
    assert all((folder / part).is_file() for part in parts)
    assert {Path(part).name.split(".")[0] for part in parts} == {
        "PlotlyChart",
        "Radio",
        "Selectbox",
        "Slider",
    }
    # The largest part of all is for the page that needs it.
    assert fetched_ahead("/") == fetched_ahead("/static/js/index.js") == ""
