"""A DICOMweb server: search (QIDO-RS), fetch (WADO-RS), store (STOW-RS)."""

import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pydicom
import requests
from dicomweb_client.web import DICOMwebClient
from pydicom.dataset import Dataset

from mvm_core.errors import ExchangeError
from mvm_core.exchange.settings import WebServer
from mvm_core.exchange.web_answers import FoundFilm, FoundStudy, found_film, found_study, in_order
from mvm_core.exchange.web_errors import web_errors_told
from mvm_core.imaging import MAX_FILE_BYTES, StudyFile
from mvm_core.language import gettext

MOST_STUDIES = 100
"""That a search lists."""

_WAIT_MS = 250
_DUPLICATE = 0x0111
"""Reason of a refusal: the instance is there already."""

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")
_FIELDS = ("StudyDescription", "NumberOfStudyRelatedInstances", "ModalitiesInStudy")


class _Session(requests.Session):
    """Sends wildcards as they are, which RFC 3986 allows: Orthanc's DICOMweb 1.7 does not decode them."""

    def get(self, url: str | bytes, **more: Any) -> requests.Response:  # type: ignore[override]
        return super().get(str(url).replace("%2A", "*"), **more)


class Archive:
    """A DICOMweb server to ask; credentials are taken from the environment at each connection.

    Parameters
    ----------
    server : WebServer
    attempts : int
        How often a request is made that is answered with being busy or away.

    Raises
    ------
    ExchangeError
        If a variable that holds its credentials is not set.
    """

    def __init__(self, server: WebServer, attempts: int = 1) -> None:
        self._server = server
        session = _Session()
        if server.user:
            session.auth = (self._secret(server.user), self._secret(server.password))
        elif server.token:
            session.headers["Authorization"] = f"Bearer {self._secret(server.token)}"
        # A .netrc of this machine's user must not answer in the place of the configuration.
        session.trust_env = False
        if server.authority is not None:
            session.verify = str(server.authority)
        with web_errors_told(self._server):
            self._client = DICOMwebClient(server.url, session=session, timeout=server.timeout_s)
        self._client.set_http_retry_params(
            retry=attempts > 1, max_attempts=attempts, wait_exponential_multiplier=_WAIT_MS
        )

    def search(
        self,
        patient: str = "",
        date_from: str = "",
        date_to: str = "",
        modality: str = "",
        description: str = "",
    ) -> tuple[FoundStudy, ...]:
        """Find studies, the newest first, at most `MOST_STUDIES`.

        Parameters
        ----------
        patient : str
            Part of a name, or a whole patient ID.
        date_from, date_to : str
            As YYYYMMDD; one of them may be empty.
        modality : str
            Such as ``DX``.
        description : str
            Part of the study's description.

        Raises
        ------
        ExchangeError
            If the server cannot be reached, refuses, or answers with something else.
        """
        common: dict[str, str] = {}
        if date_from or date_to:
            common["StudyDate"] = f"{date_from}-{date_to}"
        if modality:
            common["ModalitiesInStudy"] = modality
        if description:
            common["StudyDescription"] = _anywhere(description)
        by_patient: list[dict[str, str]] = [{}]
        if patient:
            by_patient = [{"PatientName": _anywhere(patient)}, {"PatientID": _literal(patient)}]
        found: dict[str, FoundStudy] = {}
        with web_errors_told(self._server):
            for filters in by_patient:
                answers = self._client.search_for_studies(
                    search_filters={**common, **filters}, fields=_FIELDS, limit=MOST_STUDIES
                )
                studies = (found_study(Dataset.from_json(each)) for each in answers)
                found |= {each.uid: each for each in studies}
        return tuple(sorted(found.values(), key=lambda each: each.date, reverse=True)[:MOST_STUDIES])

    def studies(self, query: Mapping[str, str]) -> Iterator[str]:
        """The UIDs of all studies that a query finds, asked for page by page.

        Parameters
        ----------
        query : mapping of str to str
            Values by their DICOM keywords, such as ``StudyDate``; none finds all.

        Raises
        ------
        ExchangeError
        """
        known: set[str] = set()
        while True:
            with web_errors_told(self._server):
                answers = self._client.search_for_studies(
                    search_filters=dict(query), limit=MOST_STUDIES, offset=len(known)
                )
                page = [str(Dataset.from_json(each).StudyInstanceUID) for each in answers]
            new = [uid for uid in dict.fromkeys(page) if uid not in known]
            if not new:  # the end, or a server that knows no pages
                return
            known.update(new)
            yield from new

    def header(self, study: str, series: str, instance: str) -> Dataset:
        """The header of an instance, without its image.

        Raises
        ------
        ExchangeError
        """
        with web_errors_told(self._server):
            told = self._client.retrieve_instance_metadata(study, series, instance)
            return Dataset.from_json(told, lambda _tag, _vr, _uri: None)

    def films(self, study: str) -> tuple[FoundFilm, ...]:
        """The images of a study, as listed by the server.

        Raises
        ------
        ExchangeError
        """
        with web_errors_told(self._server):
            answers = self._client.search_for_instances(
                study,
                fields=("SeriesDescription", "SeriesNumber", "InstanceNumber", "Modality", "Rows", "Columns"),
            )
            found = [found_film(Dataset.from_json(each)) for each in answers]
        return tuple(sorted((each for each in found if each is not None), key=in_order))

    def fetch(self, study: str, films: Sequence[FoundFilm]) -> tuple[StudyFile, ...]:
        """Films as the server keeps them.

        Raises
        ------
        ExchangeError
            If the server does not give them, or one is larger than can be read.
        """
        files = []
        with web_errors_told(self._server):
            for film in films:
                data = self._client.retrieve_instance(
                    study, film.series, film.instance, media_types=(("application/dicom", "*"),)
                )
                buffer = io.BytesIO()
                data.save_as(buffer, enforce_file_format=True)
                if buffer.tell() > MAX_FILE_BYTES:
                    raise ExchangeError(
                        film.name,
                        gettext("it is larger than the {most} MB allowed", most=MAX_FILE_BYTES >> 20),
                        gettext("open the other films of the study"),
                    )
                files.append(StudyFile(film.name, buffer.getvalue()))
        return tuple(files)

    def store(self, contents: Sequence[bytes]) -> Mapping[str, int]:
        """Store DICOM files.

        Returns
        -------
        mapping of str to int
            Of each instance that the server refused, by its UID, the reason as DICOM numbers it. What it
            holds already counts as stored.

        Raises
        ------
        ExchangeError
            If it stored none of them.
        """
        objects = [pydicom.dcmread(io.BytesIO(content)) for content in contents]
        with web_errors_told(self._server):
            answer = self._client.store_instances(objects)
        refused = {
            str(item.ReferencedSOPInstanceUID): int(item.get("FailureReason", 0))
            for item in answer.get("FailedSOPSequence", [])
        }
        return {uid: reason for uid, reason in refused.items() if reason != _DUPLICATE}

    def _secret(self, variable: str) -> str:
        secret = os.environ.get(variable, "")
        if not secret:
            raise ExchangeError(
                self._server.name,
                gettext(
                    "the environment variable {variable}, which holds its credentials, is not set",
                    variable=variable,
                ),
                gettext("set it where the program is started"),
            )
        return secret


def _anywhere(text: str) -> str:
    """A search for words in this order, whatever stands between them: blanks in names are not kept alike.

    Of Chinese each letter is a word: family and given name are written together, and stand apart in DICOM.
    """
    words = _HAN.sub(lambda letter: f" {letter[0]} ", _literal(text)).split()
    return f"*{'*'.join(words)}*"


def _literal(text: str) -> str:
    """Without what a search would take for wildcards or lists."""
    return "".join(" " if letter in "*?\\" else letter for letter in text).strip()
