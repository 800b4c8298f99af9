"""Readings off the event loop: a bounded queue, broken off where nobody waits any more."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.requests import Request

from mvm_core.inference import NobodyWaitsError, while_wanted
from mvm_core.service.answers import RefusalError

_LOOK_S = 0.2


class Readings:
    """A few workers, and a bounded number of requests that wait for them.

    Requests are not read in batches: a batch of 32 pairs takes a processor longer for each than one after the
    other do (see ``bench``), since it leaves the cache.
    """

    def __init__(self, workers: int, most_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(workers, "reading")
        self._most = workers + most_waiting
        self.count = 0

    async def do(self, work: Callable[[], Any], request: Request) -> Any:
        """Do a piece of work when its turn comes.

        Raises
        ------
        RefusalError
            If too many wait already.
        NobodyWaitsError
            If the one who asked has gone.
        """
        if self.count >= self._most:
            raise RefusalError(
                503, "Too many requests wait already; send it again in some seconds.", wait_s=5
            )
        self.count += 1
        left = threading.Event()

        def wanted() -> Any:
            with while_wanted(lambda: not left.is_set()):
                if left.is_set():
                    raise NobodyWaitsError
                return work()

        try:
            turn = asyncio.get_running_loop().run_in_executor(self._pool, wanted)
            while True:
                done, _ = await asyncio.wait([turn], timeout=_LOOK_S)
                if done:
                    return turn.result()
                if await request.is_disconnected():
                    left.set()
                    return await turn
        finally:
            self.count -= 1
