"""Who reads what the service is sent: this process, or others (`mvm_core.service.on_ray`)."""

from typing import Any, Protocol

from starlette.requests import Request

from mvm_core.examination import Examiner
from mvm_core.models import Weights
from mvm_core.service.readings import Readings
from mvm_core.service.requests import Question
from mvm_core.service.settings import ServiceSettings


class AnyReader(Protocol):
    """Reads the films of requests."""

    @property
    def weights(self) -> Weights:
        """What it reads with."""
        ...

    @property
    def count(self) -> int:
        """Readings that run or wait."""
        ...

    async def answer(self, asked: Question, request: Request) -> Any:
        """What the question's `answer` gives.

        Raises
        ------
        MvmError
            If the films cannot be read.
        RefusalError
            If too many wait, or nobody can read them now.
        NobodyWaitsError
            If the one who asked has gone.
        """
        ...


class LocalReader:
    """Reads in this process, on a few threads."""

    def __init__(self, examiner: Examiner, settings: ServiceSettings) -> None:
        self._examiner = examiner
        self._readings = Readings(settings.workers, settings.most_waiting)

    @property
    def weights(self) -> Weights:
        """What it reads with."""
        return self._examiner.reader.weights

    @property
    def count(self) -> int:
        """Readings that run or wait."""
        return self._readings.count

    async def answer(self, asked: Question, request: Request) -> Any:
        """See `AnyReader.answer`."""
        return await self._readings.do(lambda: asked.answer(self._examiner), request)
