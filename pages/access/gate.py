"""The gate before everything that Streamlit serves: pages, their websocket, uploads, files."""

import asyncio
import time
import uuid
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mvm_core.language import gettext, gettext_noop, nearest, speaking
from pages.access import provider
from pages.access.accounts import Role
from pages.access.guard import Guard
from pages.access.headers import fetched_ahead, security_headers
from pages.access.login_page import login_page
from pages.access.logs import log
from pages.access.sessions import Person
from pages.access.settings import is_local
from pages.access.uploads import obstacle
from pages.access.visits import visits

COOKIE = "mvm_session"
USER_HEADER, ROLE_HEADER, REQUEST_HEADER = "x-mvm-user", "x-mvm-role", "x-mvm-request"
"""What the gate tells the pages; from outside they are dropped."""

ALIVE = "/alive"
_OPEN = frozenset({"/_stcore/health"})
_UPLOADS = "/_stcore/upload_file/"
_LOOK_S = 5.0
_ONLY_HERE = "This app answers its own machine alone: other machines need a login, see docs/threat_model.md."
_WRONG = gettext_noop(
    "The name or the password is wrong, or there were too many attempts: then wait 15 minutes."
)
_ENDED = gettext_noop("You were logged out after some time without a sign of you.")


class Gate:
    """ASGI middleware: nothing passes without a login where one is asked for.

    Parameters
    ----------
    app : ASGI application
    guard : Guard
    """

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        visits.note()
        request_id = uuid.uuid4().hex[:16]
        began, status = time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(scope["scheme"] == "https").items():
                    headers[name] = value
                headers["x-request-id"] = request_id
                if not scope["path"].startswith("/static/"):
                    headers["cache-control"] = "no-store"
                ahead = fetched_ahead(scope["path"])
                if ahead and status == 200:
                    headers["link"] = ahead
            await send(message)

        token = HTTPConnection(scope).cookies.get(COOKIE, "")
        person = self._guard.person(token)
        _tell_pages(scope, person, request_id)
        try:
            if scope["type"] == "websocket":
                await self._websocket(scope, receive, send, token, person)
            else:
                answer = await self._answer(Request(scope, receive), token, person)
                await (answer or self._app)(scope, receive, sending)
        finally:
            log(
                "request",
                request=request_id,
                kind=scope["type"],
                method=scope.get("method"),
                path="/".join(scope["path"].split("/")[:3]) if status < 400 else None,
                status=status or None,
                seconds=round(time.monotonic() - began, 3),
                user=person.name if person is not None else None,
            )

    def _stands_open(self, connection: HTTPConnection) -> bool:
        """Whether this comes from a browser on this machine, not through a proxy or a foreign name."""
        host = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
        client = connection.client.host if connection.client is not None else ""
        proxied = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"} & set(connection.headers)
        return is_local(host) and is_local(client) and not proxied

    async def _answer(self, request: Request, token: str, person: Person | None) -> Response | None:
        """The gate's own answer; None where the request passes."""
        path = request.url.path
        if path in _OPEN:
            return None
        if not self._guard.settings.asks_for_login:
            if not self._stands_open(request):
                return PlainTextResponse(_ONLY_HERE, 403)
            return self._upload_refused(request)
        if path == "/login":
            return await self._login(request)
        if path == "/logout":
            self._guard.sessions.end(token)
            return _without_cookies(
                RedirectResponse("login?ended=1" if request.query_params else "login", 303), request
            )
        if self._guard.settings.provider is not None and path in provider.PATHS:
            return None
        if person is None:
            return self._stranger(request, token)
        if path == ALIVE:
            self._guard.person(token, touch=True)
            return Response(status_code=204)
        if path.startswith(_UPLOADS) and person.role is not Role.READER and request.method != "OPTIONS":
            return PlainTextResponse("Your account may look, and give no films.", 403)
        if path.startswith("/auth/"):
            return RedirectResponse("../logout", 303)
        return self._upload_refused(request)

    def _upload_refused(self, request: Request) -> Response | None:
        path = request.url.path
        if not path.startswith(_UPLOADS) or request.method != "PUT":
            return None
        refused = obstacle(path.removeprefix(_UPLOADS).split("/")[0], request.headers.get("content-length"))
        return PlainTextResponse(refused[1], refused[0]) if refused is not None else None

    def _stranger(self, request: Request, token: str) -> Response:
        vouched = self._guard.vouched(dict(request.cookies))
        if vouched is not None:
            return _with_cookie(RedirectResponse(request.url.path, 303), request, vouched)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/login?ended=1" if token else "/login", 303)
        return PlainTextResponse("Log in first.", 401)

    async def _login(self, request: Request) -> Response:
        if request.method == "POST":
            origin = request.headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
                return PlainTextResponse("This form was sent from another site.", 403)
            said = await _form(request)
            address = request.client.host if request.client is not None else ""
            token = await to_thread.run_sync(
                self._guard.log_in, said.get("name", "").strip(), said.get("password", ""), address
            )
            if token is not None:
                return _with_cookie(RedirectResponse("./", 303), request, token)
            return self._login_page(request, _WRONG, 403)
        if request.method != "GET":
            return PlainTextResponse("Log in with the form.", 405)
        return self._login_page(request, _ENDED if "ended" in request.query_params else "", 200)

    def _login_page(self, request: Request, told: str, status: int) -> Response:
        name = self._guard.settings.provider
        address = provider.login_address(name) if name is not None else None
        wanted = request.headers.get("accept-language", "").split(",")[0].split(";")[0]
        with speaking(nearest(wanted)):
            page = login_page(gettext(told) if told else "", self._guard.with_password, address)
        return HTMLResponse(page, status)

    async def _websocket(
        self, scope: Scope, receive: Receive, send: Send, token: str, person: Person | None
    ) -> None:
        """Let a websocket pass, for as long as the session lasts."""
        if not self._guard.settings.asks_for_login:
            if not self._stands_open(HTTPConnection(scope)):
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        if person is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        self._guard.person(token, touch=True)
        ended = asyncio.ensure_future(self._end_of(token, person))

        async def receiving() -> Message:
            coming = asyncio.ensure_future(receive())
            await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                self._guard.person(token, touch=True)
                return coming.result()
            coming.cancel()
            log("session ended", user=person.name)
            await send({"type": "websocket.close", "code": 1008})
            return {"type": "websocket.disconnect", "code": 1008}

        try:
            await self._app(scope, receiving, send)
        finally:
            ended.cancel()

    async def _end_of(self, token: str, person: Person) -> None:
        """Return when the session has ended, or its person has another role."""
        while self._guard.person(token) == person:
            await asyncio.sleep(min(_LOOK_S, self._guard.settings.idle_s / 4))


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 4096:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=4)
    return {name: values[0] for name, values in fields.items()}


def _tell_pages(scope: Scope, person: Person | None, request_id: str) -> None:
    ours = (USER_HEADER.encode(), ROLE_HEADER.encode(), REQUEST_HEADER.encode())
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in ours]
    headers.append((ours[2], request_id.encode()))
    if person is not None:
        headers += [
            (ours[0], person.name.encode("latin-1", "replace")),
            (ours[1], person.role.value.encode()),
        ]
    scope["headers"] = headers


def _with_cookie(response: Response, request: Request, token: str) -> Response:
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
    return response


def _without_cookies(response: Response, request: Request) -> Response:
    for name in SimpleCookie(request.headers.get("cookie", "")):
        if name == COOKIE or name.startswith("_streamlit_user"):
            response.delete_cookie(name, path="/")
    return response
