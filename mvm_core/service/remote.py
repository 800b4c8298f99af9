"""An examiner that asks the service: ``MVM_READER`` names it, ``MVM_READER_TOKEN`` is its token."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from mvm_core import __version__, errors, examination
from mvm_core.errors import ClusterError, MvmError
from mvm_core.examination import Examination, Examiner
from mvm_core.language import gettext, language
from mvm_core.models import Reader, Reading
from mvm_core.models.disease import DiseaseReader
from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.service.examining import (
    KIND,
    PATH,
    answer_as,
    answer_of,
    question,
    question_to_find,
    question_to_read,
)
from mvm_core.service.wire import WireError
from mvm_core.spine import Finder, Spine

Answer = TypeVar("Answer")

VARIABLE, TOKEN_VARIABLE = "MVM_READER", "MVM_READER_TOKEN"
_CONNECTED_WITHIN_S, _ANSWERED_WITHIN_S = 5, 300


def service_address() -> str | None:
    """The service that is to read, by ``MVM_READER``; None where this process reads."""
    return os.environ.get(VARIABLE, "").strip().rstrip("/") or None


def open_examiner(folder: Path | None = None) -> Examiner:
    """The examiner of a weights folder: the service of ``MVM_READER``, or this process.

    Raises
    ------
    WeightsError
        If the folder is not a complete weights folder.
    """
    address = service_address()
    if address is None:
        # Looked up when it is called: tests put another in its place.
        return examination.Examiner.open(folder)
    return RemoteExaminer(address, Reader.open(folder))


class RemoteExaminer(Examiner):
    """Examines as `Examiner` does, by a service elsewhere; may be used from several threads.

    Parameters
    ----------
    address : str
        Of the service, such as ``https://reader.example``.
    reader : Reader
        Of the same weights, for what is told of them; its graphs are not loaded.
    """

    def __init__(self, address: str, reader: Reader) -> None:
        self._service = _Service(address, reader.weights.identity)
        folder = reader.weights.folder
        finder, disease = Finder.open(folder), DiseaseReader.open(folder)
        super().__init__(RemoteReader(address, reader), _RemoteFinder(self._service, finder), disease)

    def examine(
        self, pair: FilmPair, spines: Mapping[View, Spine] | None = None, level: str | None = None
    ) -> Examination:
        """See `Examiner.examine`.

        Raises
        ------
        ClusterError
            If the service cannot be reached, refuses, or has another version or other weights.
        MvmError
            As the service's examiner raises it.
        """
        asked = question(pair, dict(spines or {}), level, language())
        return self._service.ask(asked, lambda content: answer_of(content, pair))


class RemoteReader(Reader):
    """Reads as `Reader` does, by a service elsewhere.

    Parameters
    ----------
    address : str
        Of the service.
    reader : Reader
        Of the same weights.
    """

    def __init__(self, address: str, reader: Reader) -> None:
        self.weights, self.rule = reader.weights, reader.rule
        self._service = _Service(address, reader.weights.identity)

    def warm_up(self) -> None:
        """Nothing is loaded here."""

    def read(self, pair: FilmPair) -> Reading:
        """See `Reader.read`; raises as `RemoteExaminer.examine` does."""
        asked = question_to_read(pair, language())
        return self._service.ask(asked, lambda content: answer_as(Reading, content))


class _RemoteFinder(Finder):
    def __init__(self, service: "_Service", finder: Finder) -> None:
        self._service, self.weights = service, finder.weights

    def find(self, film: Radiograph, view: View | None = None) -> Spine:
        asked = question_to_find(film, view, language())
        return self._service.ask(asked, lambda content: answer_as(Spine, content))


class _Service:
    """Where questions are sent; the weights are those that its answers have to be of."""

    def __init__(self, address: str, weights: str) -> None:
        self._address, self._weights = address, weights

    def ask(self, content: bytes, read: Callable[[bytes], Answer]) -> Answer:
        """Send a question and read the answer; raises as `RemoteExaminer.examine` does."""
        import requests

        headers = {"Content-Type": KIND, "X-MVM-Version": __version__}
        if token := os.environ.get(TOKEN_VARIABLE, "").strip():
            headers["Authorization"] = f"Bearer {token}"
        try:
            said = requests.post(
                self._address + PATH,
                data=content,
                headers=headers,
                timeout=(_CONNECTED_WITHIN_S, _ANSWERED_WITHIN_S),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise self._error(
                gettext("the service cannot be reached ({reason})", reason=type(error).__name__),
                gettext("try again, or ask who runs it"),
            ) from None
        if said.status_code != requests.codes.ok:
            raise self._refusal(said)
        if said.headers.get("X-MVM-Weights") != self._weights:
            raise self._error(
                gettext("the service reads with other weights than these pages show"),
                gettext("give both the same weights folder"),
            )
        if said.headers.get("X-MVM-Version") != __version__:
            raise self._error(
                gettext("the service runs another version"),
                gettext("install the same version in both places"),
            )
        try:
            return read(said.content)
        except WireError:
            raise self._error(
                gettext("its answer cannot be read"), gettext("install the same version in both places")
            ) from None

    def _refusal(self, said: "requests.Response") -> MvmError:  # type: ignore[name-defined]  # noqa: F821
        try:
            told = said.json()
            kind, parts = told.get("kind", ""), told.get("parts")
            sentence = str(told["error"])
        except (ValueError, KeyError, AttributeError):
            kind, parts, sentence = "", None, f"HTTP {said.status_code}"
        known = getattr(errors, str(kind), None)
        if isinstance(known, type) and issubclass(known, MvmError) and parts and len(parts) == 3:
            return known(*map(str, parts))
        return self._error(
            gettext("the service refuses ({sentence})", sentence=sentence.rstrip(".")),
            gettext("try again, or ask who runs it"),
        )

    def _error(self, problem: str, cure: str) -> ClusterError:
        return ClusterError(VARIABLE, problem, cure)
