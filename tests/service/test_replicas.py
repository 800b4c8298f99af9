"""Requests that Ray Serve's replicas lose: asked for again, or refused in one sentence."""

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from mvm_core.errors import FilmError, WeightsError
from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.models import Reader
from mvm_core.radiograph import View
from mvm_core.service.answers import RefusalError, refusal_of
from mvm_core.service.requests import Asked

pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")

from mvm_core.service import on_ray  # noqa: E402


@dataclass
class Handle:
    """As Ray Serve's, but what each call gives is given."""

    gives: list[Any]
    asked: int = 0

    @property
    def answer(self) -> "Handle":
        return self

    def remote(self, asked: object) -> Any:
        self.asked += 1
        gives = self.gives.pop(0)

        async def give() -> Any:
            if isinstance(gives, Exception) and not isinstance(gives, FilmError | RefusalError):
                raise gives
            return gives

        return give()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "_ANEW_S", 0)


def ask(handle: Handle, most: int = 4) -> Any:
    reader = on_ray.RayReader(handle, Reader.open(SHIPPED).weights, most)

    def answered() -> Any:
        return asyncio.run(reader.answer(None, None))  # type: ignore[arg-type]

    # A browser test before leaves its own loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(answered).result()


def test_a_lost_request_is_asked_for_again() -> None:
    from ray.exceptions import ActorDiedError

    handle = Handle([ActorDiedError(), ActorDiedError(), {"levels": []}])
    assert ask(handle) == {"levels": []}
    assert handle.asked == 3


def test_a_request_that_loses_every_replica_is_refused() -> None:
    from ray.exceptions import ActorDiedError

    handle = Handle([ActorDiedError()] * 9)
    with pytest.raises(RefusalError, match="") as told:
        ask(handle)
    assert (told.value.status, told.value.wait_s, handle.asked) == (503, 10, 3)
    with pytest.raises(RefusalError) as full:
        ask(Handle([{}]), most=0)
    assert full.value.status == 503


def test_errors_of_a_film_are_not_tried_again() -> None:
    wrong = FilmError("a.dcm", "it is none", "give another")
    handle = Handle([wrong, {}])
    with pytest.raises(FilmError, match="it is none"):
        ask(handle)
    assert handle.asked == 1


def test_a_replica_gives_errors_as_values_and_needs_the_entrances_weights() -> None:
    identity = Examiner.open(SHIPPED).reader.weights.identity
    replica = on_ray.Replica(SHIPPED, identity)
    gave = replica.answer(Asked(((View.AP, StudyFile("a.dcm", b"no film")),), (), None))
    assert isinstance(gave, FilmError)
    refused = pickle.loads(pickle.dumps(refusal_of(gave)))
    assert (refused.status, refused.sentence, str(refused.about)) == (422, str(gave), str(gave))
    with pytest.raises(WeightsError, match="put the same weights on every machine"):
        on_ray.Replica(SHIPPED, "0" * 64)
