"""A DICOMweb server: search (QIDO-RS), fetch (WADO-RS), store (STOW-RS)."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pydicom
import requests
from dicomweb_client.web import DICOMwebClient
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from mvm_core.errors import ExchangeError
from mvm_core.exchange.settings import WebServer
from mvm_core.exchange.words import film_name
from mvm_core.imaging import MAX_FILE_BYTES, StudyFile
from mvm_core.language import gettext

MOST_STUDIES = 100
"""That a search lists."""

_WAIT_MS = 250
_DUPLICATE = 0x0111
"""Reason of a refusal: the instance is there already."""

_NO_ANSWER = (AttributeError, InvalidDicomError, LookupError, TypeError, ValueError)
"""What reading an answer raises that is none of DICOMweb."""

_FIELDS = ("StudyDescription", "NumberOfStudyRelatedInstances", "ModalitiesInStudy")


@dataclass(frozen=True)
class FoundStudy:
    """A study as a search tells it; what the server does not tell is empty."""

    uid: str
    patient_name: str
    patient_id: str
    date: str
    modalities: str
    description: str
    instances: int | None


@dataclass(frozen=True)
class FoundFilm:
    """An image of a study as a search tells it."""

    series: str
    instance: str
    modality: str
    description: str
    series_number: str
    number: str
    size: str

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return film_name(self.series_number, self.number, self.instance)


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
        with self._told():
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
        with self._told():
            for filters in by_patient:
                answers = self._client.search_for_studies(
                    search_filters={**common, **filters}, fields=_FIELDS, limit=MOST_STUDIES
                )
                studies = (_study(Dataset.from_json(each)) for each in answers)
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
            with self._told():
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
        with self._told():
            told = self._client.retrieve_instance_metadata(study, series, instance)
            return Dataset.from_json(told, lambda _tag, _vr, _uri: None)

    def films(self, study: str) -> tuple[FoundFilm, ...]:
        """The images of a study, as listed by the server.

        Raises
        ------
        ExchangeError
        """
        with self._told():
            answers = self._client.search_for_instances(
                study,
                fields=("SeriesDescription", "SeriesNumber", "InstanceNumber", "Modality", "Rows", "Columns"),
            )
            found = [_film(Dataset.from_json(each)) for each in answers]
        return tuple(sorted((each for each in found if each is not None), key=_in_order))

    def fetch(self, study: str, films: Sequence[FoundFilm]) -> tuple[StudyFile, ...]:
        """Films as the server keeps them.

        Raises
        ------
        ExchangeError
            If the server does not give them, or one is larger than can be read.
        """
        files = []
        with self._told():
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
        with self._told():
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

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what can go wrong with a server into one sentence."""
        name = self._server.name
        try:
            yield
        except requests.exceptions.SSLError as error:
            raise ExchangeError(
                name,
                gettext("its certificate is not accepted ({reason})", reason=_verdict(error)),
                gettext("have it renewed, or name its authority in the configuration"),
            ) from None
        except requests.exceptions.Timeout:
            raise ExchangeError(
                name,
                gettext("it did not answer within {seconds:g} s", seconds=self._server.timeout_s),
                gettext("try again, or give it a longer timeout_seconds"),
            ) from None
        except requests.exceptions.HTTPError as error:
            raise ExchangeError(name, *_refusal(error)) from None
        except (requests.exceptions.RequestException, *_NO_ANSWER) as error:
            away = isinstance(error, requests.exceptions.RequestException)
            if away and not isinstance(error, requests.exceptions.InvalidJSONError):
                raise ExchangeError(
                    name, gettext("it cannot be reached"), gettext("check its url and whether it runs")
                ) from None
            raise ExchangeError(
                name,
                gettext(
                    "its answer is not that of a DICOMweb server ({reason})", reason=type(error).__name__
                ),
                gettext("check its url"),
            ) from None


def _study(data: Dataset) -> FoundStudy:
    count = data.get("NumberOfStudyRelatedInstances")
    return FoundStudy(
        uid=str(data.StudyInstanceUID),
        patient_name=str(data.get("PatientName", "")).split("=")[0].replace("^", " ").strip(),
        patient_id=str(data.get("PatientID") or ""),
        date=str(data.get("StudyDate") or ""),
        modalities=_listed(data.get("ModalitiesInStudy")),
        description=str(data.get("StudyDescription") or ""),
        instances=int(count) if count not in (None, "") else None,
    )


def _film(data: Dataset) -> FoundFilm | None:
    modality = str(data.get("Modality") or "")
    if modality in ("SR", "PR", "KO", "DOC", "OT") or "SOPInstanceUID" not in data:
        return None
    rows, columns = data.get("Rows"), data.get("Columns")
    return FoundFilm(
        series=str(data.SeriesInstanceUID),
        instance=str(data.SOPInstanceUID),
        modality=modality,
        description=str(data.get("SeriesDescription") or ""),
        series_number=_text(data, "SeriesNumber"),
        number=_text(data, "InstanceNumber"),
        size=f"{columns} × {rows}" if rows and columns else "",
    )


def _text(data: Dataset, keyword: str) -> str:
    value = data.get(keyword)
    return "" if value is None else str(value)


def _in_order(film: FoundFilm) -> tuple[str, ...]:
    return film.series_number.zfill(12), film.series, film.number.zfill(12), film.instance


def _listed(value: Any) -> str:
    if value in (None, ""):
        return ""
    return value if isinstance(value, str) else ", ".join(map(str, value))


def _anywhere(text: str) -> str:
    """A search for words in this order, whatever stands between them: blanks in names are not kept alike."""
    return f"*{'*'.join(_literal(text).split())}*"


def _literal(text: str) -> str:
    """Without what a search would take for wildcards or lists."""
    return "".join(" " if letter in "*?\\" else letter for letter in text).strip()


def _verdict(error: BaseException) -> str:
    """What was said of a certificate, out of the errors that wrap each other."""
    inner: Any = error
    while inner is not None:
        said = getattr(inner, "verify_message", "")
        if said:
            return said
        inner = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        inner = inner if isinstance(inner, BaseException) else None
    return gettext("the encrypted connection failed")


def _refusal(error: requests.exceptions.HTTPError) -> tuple[str, str]:
    code = error.response.status_code if error.response is not None else 0
    look = gettext("look into the server's own log, and try again")
    if code in (401, 403):
        return (
            gettext("it refuses the credentials (HTTP {code})", code=code),
            gettext("check the environment variables that hold them, and what the account may do"),
        )
    if code == 404:
        return gettext("it has no such study or service (HTTP 404)"), gettext(
            "search again, and check its url"
        )
    if code == 409:
        return gettext("it stored none of the objects (HTTP 409)"), look
    return gettext("it answered with an error (HTTP {code})", code=code), look
