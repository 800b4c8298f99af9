"""A small DICOMweb server over files in memory: studies by pages, headers, instances; nothing is stored."""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pydicom
from pydicom.dataset import Dataset

_PAGE = 2
"""However many studies are asked for."""


@dataclass
class WebServer:
    """An application that answers QIDO-RS and WADO-RS.

    Attributes
    ----------
    files : mapping of str to bytes
        DICOM files by SOP instance.
    broken : set of str
        Instances that it lists and cannot give.
    token : str
        That it asks for; empty where for none.
    methods : list of str
        Of the requests that came.
    """

    files: Mapping[str, bytes]
    broken: set[str] = field(default_factory=set)
    token: str = ""
    methods: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._headers = {
            name: pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)
            for name, content in self.files.items()
        }

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Sequence[bytes]:
        self.methods.append(environ["REQUEST_METHOD"])
        if self.token and environ.get("HTTP_AUTHORIZATION") != f"Bearer {self.token}":
            start("401 Unauthorized", [("Content-Length", "0")])
            return [b""]
        path, asked = environ["PATH_INFO"], parse_qs(environ.get("QUERY_STRING", ""))
        named = re.fullmatch(r"/web/studies/(?P<study>[\d.]+)(?:/series/[\d.]+)?/instances"
                             r"(?:/(?P<instance>[\d.]+)(?P<metadata>/metadata)?)?", path)  # fmt: skip
        if path == "/web/studies":
            return _json(start, self._studies(asked))
        if named is None:
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        if named["instance"] is None:
            return _json(start, [each for each in self._headers.values()
                                 if each.StudyInstanceUID == named["study"]])  # fmt: skip
        if named["metadata"]:
            return _json(start, [self._headers[named["instance"]]])
        if named["instance"] in self.broken:
            start("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]
        body = (
            b"--border\r\nContent-Type: application/dicom\r\n\r\n"
            + self.files[named["instance"]]
            + b"\r\n--border--\r\n"
        )
        kind = 'multipart/related; type="application/dicom"; boundary=border'
        start("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _studies(self, asked: Mapping[str, list[str]]) -> list[Dataset]:
        by_study = {each.StudyInstanceUID: each for each in self._headers.values()}
        wanted = asked.get("StudyDate", [""])[0]
        first, _, last = wanted.partition("-")
        found = [
            by_study[uid]
            for uid in sorted(by_study)
            if not wanted or first <= by_study[uid].StudyDate <= (last or first)
        ]
        offset = int(asked.get("offset", ["0"])[0])
        return found[offset : offset + _PAGE]


def _json(start: Callable[..., Any], found: Sequence[Dataset]) -> Sequence[bytes]:
    body = json.dumps([each.to_json_dict() for each in found]).encode()
    start("200 OK", [("Content-Type", "application/dicom+json"), ("Content-Length", str(len(body)))])
    return [body]
