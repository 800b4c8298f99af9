"""An archive behind DICOMweb: films listed by QIDO-RS, their headers and files fetched by WADO-RS."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from mvm_core.errors import ExchangeError, FilmError, StorageError
from mvm_core.imaging import FilmHeader, header_of
from mvm_core.imaging.dicom import DAMAGED

if TYPE_CHECKING:
    from mvm_core.exchange.web import Archive

SCHEME = "dicomweb://"
_ATTEMPTS = 8
_VARIABLE = "MVM_NODE"


@dataclass(frozen=True)
class WebArchive:
    """The films that a query finds on a DICOMweb server; nothing is ever written to it.

    Attributes
    ----------
    address : str
        ``dicomweb://NAME?QUERY``: a server of the file that ``MVM_NODE`` names, with its credentials, and
        values by their DICOM keywords, such as ``StudyDate=20260101-20261231&ModalitiesInStudy=DX``.
    """

    address: str

    def files(self) -> list[tuple[str, int]]:
        """Every film by its study, series and instance, and 0: its size is not known before it is fetched.

        Raises
        ------
        StorageError
            If there is no such server, it cannot be reached, or it refuses.
        """
        query = dict(parse_qsl(urlsplit(self.address).query, keep_blank_values=True))
        archive = self._archive()
        with self._told():
            return sorted(
                (f"{study}/{film.series}/{film.instance}", 0)
                for study in archive.studies(query)
                for film in archive.films(study)
            )

    def header(self, path: str) -> tuple[FilmHeader, str]:
        """What the header of a film says, and the SHA-256 of it as the server tells it.

        Raises
        ------
        FilmError
            If the server does not give it.
        StorageError
            If it cannot be reached.
        """
        study, series, instance = path.split("/")
        with self._given(instance):
            data = self._archive().header(study, series, instance)
        try:
            digest = hashlib.sha256(data.to_json(suppress_invalid_tags=True).encode()).hexdigest()
            header = header_of(data, instance)
        except DAMAGED:
            digest, header = "", FilmHeader()
        # What the server was asked for is what it is, whatever else its header says.
        return replace(header, study=study, series=series, instance=instance), digest

    def read(self, path: str, most: int) -> bytes:
        """The first bytes of a film's file as the server gives it; raises as `header` does."""
        from mvm_core.exchange.web import FoundFilm

        study, series, instance = path.split("/")
        with self._given(instance):
            (file,) = self._archive().fetch(study, [FoundFilm(series, instance, "", "", "", "", "")])
        return file.content[:most]

    def _archive(self) -> "Archive":
        return _open(urlsplit(self.address).netloc)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ExchangeError as error:
            raise StorageError(f"{SCHEME}{error.subject}", error.problem, error.cure) from None

    @contextmanager
    def _given(self, instance: str) -> Iterator[None]:
        """One film that is not given is told of that film, as long as the server answers at all."""
        try:
            yield
        except ExchangeError as error:
            with self._told():
                next(self._archive().studies({}), None)
            raise FilmError(
                instance, f"the server does not give it ({error.problem})", "look into the server's own log"
            ) from None


@cache
def _open(name: str) -> "Archive":
    try:
        from mvm_core.exchange.settings import read_settings
        from mvm_core.exchange.web import Archive
    except ModuleNotFoundError as error:
        raise StorageError(
            f"{SCHEME}{name}",
            f"the package {error.name} is not installed",
            "pip install -r requirements-clinic.txt",
        ) from None
    file = os.environ.get(_VARIABLE, "")
    if not file:
        raise StorageError(
            f"{SCHEME}{name}",
            f"no file tells which server that is: {_VARIABLE} is not set",
            "name the file with its [[server]] there, as docs/node.md has one",
        )
    try:
        servers = {server.name: server for server in read_settings(Path(file)).servers}
        if name not in servers:
            raise StorageError(
                f"{SCHEME}{name}",
                f"{file} has no server of this name",
                f"name one of {', '.join(servers) or 'its [[server]] entries'}",
            )
        return Archive(servers[name], _ATTEMPTS)
    except ExchangeError as error:
        raise StorageError(error.subject, error.problem, error.cure) from None
