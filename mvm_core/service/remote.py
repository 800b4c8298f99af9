"""An examiner that asks the service: ``MVM_READER`` names it, ``MVM_READER_TOKEN`` is its token."""

import os
from collections.abc import Mapping

from mvm_core import __version__, errors
from mvm_core.errors import ClusterError, MvmError
from mvm_core.examination import Examination
from mvm_core.language import gettext, language
from mvm_core.models import Reader
from mvm_core.radiograph import FilmPair, View
from mvm_core.service.examining import KIND, PATH, answer_of, question
from mvm_core.service.wire import WireError
from mvm_core.spine import Spine

VARIABLE, TOKEN_VARIABLE = "MVM_READER", "MVM_READER_TOKEN"
_CONNECTED_WITHIN_S, _ANSWERED_WITHIN_S = 5, 300


def service_address() -> str | None:
    """The service that is to read, by ``MVM_READER``; None where this process reads."""
    return os.environ.get(VARIABLE, "").strip().rstrip("/") or None


class RemoteExaminer:
    """Examines as `Examiner` does, by a service elsewhere; may be used from several threads.

    Parameters
    ----------
    address : str
        Of the service, such as ``https://reader.example``.
    reader : Reader
        Of the same weights, for what the pages tell of them; its graphs are not loaded.
    """

    def __init__(self, address: str, reader: Reader) -> None:
        self._address, self.reader = address, reader

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
        import requests

        headers = {"Content-Type": KIND, "X-MVM-Version": __version__}
        if token := os.environ.get(TOKEN_VARIABLE, "").strip():
            headers["Authorization"] = f"Bearer {token}"
        try:
            said = requests.post(
                self._address + PATH,
                data=question(pair, dict(spines or {}), level, language()),
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
        if said.headers.get("X-MVM-Weights") != self.reader.weights.identity:
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
            return answer_of(said.content, pair)
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
