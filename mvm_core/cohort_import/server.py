"""Films that a DICOMweb server has, asked for row by row (needs requirements-clinic.txt)."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

from pydicom import Dataset

from mvm_core.cohort_import.films import FilmFile, from_header
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.spelling import folded
from mvm_core.exchange.settings import WebServer
from mvm_core.exchange.web import Archive, FoundFilm
from mvm_core.exchange.web_errors import web_errors_told
from mvm_core.imaging.attributes import text

_RADIOGRAPHS = frozenset(("CR", "DX", "RG", "RF", "XA", "PX", "DR"))
_FIELDS = ("ModalitiesInStudy", "PatientBirthDate", "PatientSex")
_MOST_STUDIES = 50
_SHORTEST = 3


class ServerFilms(Archive):
    """The radiographs of a DICOMweb server; nothing is changed on it, and nothing kept of what it sends.

    Parameters
    ----------
    server : WebServer

    Raises
    ------
    ExchangeError
        If a variable that holds its credentials is not set.
    """

    def __init__(self, server: WebServer) -> None:
        super().__init__(server)
        # A film is asked for when it is looked at and again when it is written.
        self._content = lru_cache(maxsize=4)(self._fetched)

    def films_for(self, row: LabelRow) -> Sequence[FilmFile]:
        """All radiographs of studies that a row of labels may mean, however its patient or number is written.

        Raises
        ------
        ExchangeError
            If the server cannot be reached, refuses, or answers with something else.
        """
        studies: dict[str, Dataset] = {}
        for keyword, said in (("AccessionNumber", row.accession), ("PatientID", row.patient)):
            for study in self._studies(keyword, said):
                studies[str(study.StudyInstanceUID)] = study
        return [film for study in studies.values() for film in self._films_of(study)]

    def _studies(self, keyword: str, said: str) -> Iterator[Dataset]:
        """Studies with this value, or with one that is the same but for how it is written."""
        if not said:
            return
        core = max(re.split(r"[\W_]+", said.strip().lstrip("0")), key=len)
        asked = [said] if re.search(r"[*?\\]", said) is None else []
        asked += [f"*{core}*"] if len(core) >= _SHORTEST else []
        for value in asked:
            with web_errors_told(self._server):
                answers: list[dict[str, Any]] = self._client.search_for_studies(
                    search_filters={keyword: value}, fields=_FIELDS, limit=_MOST_STUDIES
                )
                found = [Dataset.from_json(each) for each in answers]
            for study in found:
                modalities = set(text(study, "ModalitiesInStudy").split())
                if folded(text(study, keyword)) == folded(said) and (
                    not modalities or modalities & _RADIOGRAPHS
                ):
                    yield study

    def _films_of(self, study: Dataset) -> Iterator[FilmFile]:
        uid = str(study.StudyInstanceUID)
        for film in self.films(uid):
            if film.modality and film.modality not in _RADIOGRAPHS:
                continue
            read = partial(self._content, uid, film)
            yield from_header(study, film.name, film.instance, film.instance, read)

    def _fetched(self, study: str, film: FoundFilm) -> bytes:
        (file,) = self.fetch(study, [film])
        return file.content
