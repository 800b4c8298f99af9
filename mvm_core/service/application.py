"""The service's application: its routes, who may use them, what it counts and logs."""

import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any

from fastapi import FastAPI
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from mvm_core import __version__
from mvm_core.errors import MvmError
from mvm_core.inference import NobodyWaitsError
from mvm_core.service.answers import RefusalError, refusal_of
from mvm_core.service.examining import KIND, PATH, AskedToExamine
from mvm_core.service.rate import Rates
from mvm_core.service.readers import AnyReader
from mvm_core.service.requests import Question, read_body, read_request
from mvm_core.service.settings import ServiceSettings

log = logging.getLogger(__name__)

_OPEN = ("/health",)
_GONE = 499
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    code: {"description": told, "content": {"application/json": {"schema": _ERROR}}}
    for code, told in {
        400: "The form has a field that is unknown or cannot be read, or films that do not go together.",
        401: "There is no token that is known.",
        411: "The request does not state its length.",
        413: "It is larger than the service takes.",
        415: "It is no form: the body's media type is not multipart/form-data.",
        422: "The form is sound, and a file in it cannot be read as a film, or the films are no pair.",
        429: "Too many requests came from this token; Retry-After says when to come again.",
        503: "Too many requests wait, or no reader can be reached; Retry-After says when to come again.",
    }.items()
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "ap": {"type": "string", "format": "binary", "description": "The AP film."},
                        "lateral": {"type": "string", "format": "binary", "description": "The lateral film."},
                        "films": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "One or two films whose views are told from the files, or a ZIP.",
                        },
                        "ap_box": {"type": "string", "description": "x0 y0 x1 y1 in pixels of the AP film."},
                        "lateral_box": {"type": "string", "description": "The same of the lateral film."},
                        "level": {"type": "string", "description": "The level in question, such as L2."},
                    },
                }
            }
        },
    }
}


def create_app(reader: AnyReader, settings: ServiceSettings) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    reader : AnyReader
        Shared by all requests.
    settings : ServiceSettings

    Returns
    -------
    FastAPI
        With ``POST /v1/predict``, ``/health``, ``/metrics``, ``/openapi.json`` and a page at ``/``.
    """
    weights = reader.weights
    app = FastAPI(
        title="Metastasis or fracture",
        description=f"Reads plain radiographs of the spine. {weights.notice} Not a medical device.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
    )
    counts, rates = _Counts(reader), Rates(settings.a_minute)
    about = {"X-MVM-Version": __version__, "X-MVM-Weights": weights.identity}

    @app.middleware("http")
    async def guarded(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        began, number = time.perf_counter(), secrets.token_hex(6)
        try:
            _let_in(request, settings, rates)
            response = await go_on(request)
        except RefusalError as refusal:
            response = refusal.response()
        response.headers.update({**about, "X-Request-ID": number, "Cache-Control": "no-store"})
        seconds = time.perf_counter() - began
        route = request.scope.get("route")
        path = getattr(route, "path", "unknown")
        counts.note(path, response.status_code, seconds)
        # Nothing of a film, its name or its header is said here.
        event = {"event": "request", "request": number, "path": path, "status": response.status_code}
        log.info(json.dumps({**event, "seconds": round(seconds, 3)}))
        return response

    async def answered(asked: Question, request: Request) -> Any:
        try:
            return await reader.answer(asked, request)
        except MvmError as error:
            raise refusal_of(error) from None

    @app.post(
        "/v1/predict",
        openapi_extra=_FORM,
        responses=_ANSWERS,
        summary="Read an AP film, a lateral film or both",
    )
    async def predict(request: Request) -> Response:
        """The answer is what ``python -m mvm_core predict --json`` prints for the same films."""
        try:
            asked = await read_request(request, settings.most_bytes)
            return JSONResponse(await answered(asked, request))
        except RefusalError as refusal:
            return refusal.response()
        except NobodyWaitsError:
            return Response(status_code=_GONE)

    @app.post(PATH, summary="Examine decoded films, for this project's app", include_in_schema=False)
    async def examine(request: Request) -> Response:
        try:
            asked = AskedToExamine(await read_body(request, settings.most_bytes))
            return Response(await answered(asked, request), media_type=KIND)
        except RefusalError as refusal:
            return refusal.response_for_apps()
        except NobodyWaitsError:
            return Response(status_code=_GONE)

    @app.get("/health", summary="Whether the service reads")
    async def health() -> dict[str, str]:
        return {
            "status": "reads",
            "version": __version__,
            "weights": weights.identity,
            "notice": weights.notice,
        }

    @app.get("/metrics", summary="Counts for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(counts.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/", summary="This page", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        return HTMLResponse(_page(app))

    return app


class _Counts:
    def __init__(self, reader: AnyReader) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "mvm_requests", "Requests by path and status", ("path", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "mvm_request_seconds", "Seconds to the answer, by path", ("path",), registry=self.registry
        )
        waiting = Gauge("mvm_readings", "Readings that run or wait", registry=self.registry)
        waiting.set_function(lambda: reader.count)

    def note(self, path: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)


def _let_in(request: Request, settings: ServiceSettings, rates: Rates) -> None:
    """Refuse who has no token, or asks too often."""
    if request.url.path in _OPEN:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if settings.tokens and (scheme.lower() != "bearer" or not settings.lets_in(token.strip())):
        raise RefusalError(401, "There is no token that is known here; send Authorization: Bearer TOKEN.")
    who = token if settings.tokens else (request.client.host if request.client else "")
    if not rates.allows(who):
        raise RefusalError(
            429, f"More than {settings.a_minute} requests came in a minute; send it again later.", wait_s=30
        )


_STYLE = """body{font:16px/1.5 system-ui;margin:3rem auto;max-width:46rem;background:#101418;color:#dde3e8}
td{padding:.2rem 1rem .2rem 0} code,a{color:#7fd1c0}"""
_EXAMPLE = "curl -H 'Authorization: Bearer TOKEN' -F ap=@ap.dcm -F lateral=@lateral.dcm ADDRESS/v1/predict"


def _page(app: FastAPI) -> str:
    """What the service offers, without anything from elsewhere."""
    offers = [
        (f"{method.upper()} {path}", str(told.get("summary", "")))
        for path, methods in app.openapi()["paths"].items()
        for method, told in methods.items()
    ]
    rows = "".join(
        f"<tr><td><code>{escape(what)}</code></td><td>{escape(why)}</td></tr>" for what, why in offers
    )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(app.title)}</title>"
        f"<style>{_STYLE}</style><h1>{escape(app.title)}</h1><p>{escape(app.description)}</p>"
        f"<table>{rows}</table><pre>{escape(_EXAMPLE)}</pre>"
        "<p><a href='openapi.json'>openapi.json</a></p></html>"
    )
