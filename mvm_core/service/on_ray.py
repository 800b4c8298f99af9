"""The service on Ray Serve: one entrance, and replicas that hold the graphs.

The entrance is the same application as without Ray. A replica that is lost is asked for again: the entrance
sends its request to another one, since a reading changes nothing.
"""

import asyncio
import logging
from pathlib import Path
from typing import Any

from starlette.requests import Request

from mvm_core.errors import MvmError, WeightsError
from mvm_core.examination import Examiner
from mvm_core.models import Reader, Weights
from mvm_core.service.answers import RefusalError
from mvm_core.service.application import create_app
from mvm_core.service.requests import Question
from mvm_core.service.settings import ServiceSettings

NAME = "mvm"
READER = "reader"
_TRIES = 3
_ANEW_S = 0.5

log = logging.getLogger("ray.serve")


class Replica:
    """Reads one request after the other in a process of its own."""

    def __init__(self, weights: Path | None, identity: str) -> None:
        self._examiner = Examiner.open(weights)
        own = self._examiner.reader.weights
        if own.identity != identity:
            raise WeightsError(
                str(own.folder),
                f"this machine holds weights {own.identity[:12]}, the entrance {identity[:12]}",
                "put the same weights on every machine",
            )
        self._examiner.reader.warm_up()

    def answer(self, asked: Question) -> Any:
        """The answer, or as a value the error that the one who asked is told: it is no fault of Ray's."""
        try:
            return asked.answer(self._examiner)
        except (MvmError, RefusalError) as error:
            return error


class RayReader:
    """Hands requests to replicas.

    Parameters
    ----------
    replicas
        Ray Serve's handle of them.
    weights : Weights
    most_waiting : int
    """

    def __init__(self, replicas: Any, weights: Weights, most_waiting: int) -> None:
        self._replicas, self.weights, self._most, self.count = replicas, weights, most_waiting, 0

    async def answer(self, asked: Question, request: Request) -> Any:
        """See `mvm_core.service.readers.AnyReader.answer`."""
        if self.count >= self._most:
            raise RefusalError(
                503, "Too many requests wait already; send it again in some seconds.", wait_s=5
            )
        self.count += 1
        try:
            gave = await self._asked(asked)
        finally:
            self.count -= 1
        if isinstance(gave, MvmError | RefusalError):
            raise gave
        return gave

    async def _asked(self, asked: Question) -> Any:
        from ray.exceptions import RayActorError
        from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

        for tried in range(_TRIES):
            try:
                return await self._replicas.answer.remote(asked)
            except (RayActorError, ReplicaUnavailableError) as error:
                log.warning('{"event": "replica lost", "kind": "%s"}', type(error).__name__)
                await asyncio.sleep(_ANEW_S * (tried + 1))
            except DeploymentUnavailableError:
                break
        raise RefusalError(
            503, "No reader could be reached to the end; send it again in some seconds.", wait_s=10
        )


def build(settings: ServiceSettings, weights: Path | None = None, replicas: int = 2) -> Any:
    """The application as Ray Serve runs it.

    Parameters
    ----------
    settings : ServiceSettings
        Of `workers` nothing is used: each replica reads one request at a time.
    weights : Path, optional
        The shipped weights where not given; the same on every machine.
    replicas : int
        Readings at once, on a processor each.

    Raises
    ------
    WeightsError
        If the weights folder is not complete.
    """
    from ray import serve

    own = Reader.open(weights).weights
    most = replicas + settings.most_waiting
    reader = serve.deployment(
        name=READER,
        num_replicas=replicas,
        max_ongoing_requests=1,
        ray_actor_options={"num_cpus": 1},
        health_check_period_s=5,
        logging_config={"enable_access_log": False},
    )(Replica)

    def entrance() -> Any:
        handle = serve.get_deployment_handle(READER, app_name=NAME)
        return create_app(RayReader(handle, Reader.open(weights).weights, most), settings)

    front = serve.deployment(
        name="entrance",
        num_replicas=1,
        max_ongoing_requests=10 * most,
        ray_actor_options={"num_cpus": 0},
        logging_config={"enable_access_log": False},
    )(serve.ingress(entrance)())
    return front.bind(reader.bind(weights, own.identity))


def run(settings: ServiceSettings, weights: Path | None, replicas: int, host: str, port: int) -> None:
    """Serve on the cluster that is connected, until the process is stopped."""
    from ray import serve

    # Of Ray Serve's two proxies its own: it runs unless RAY_SERVE_ENABLE_HA_PROXY is 1.
    serve.start(http_options={"host": host, "port": port})
    serve.run(build(settings, weights, replicas), name=NAME, blocking=True)


def app(arguments: dict[str, Any]) -> Any:
    """The application from arguments of a RayService or of ``serve run``.

    Parameters
    ----------
    arguments : dict
        ``weights``, ``replicas``, ``tokens`` (a file), ``a_minute``, ``most_mb``: the options of ``serve``.

    Raises
    ------
    AccessError
        If there are no tokens.
    """
    from mvm_core.errors import AccessError
    from mvm_core.service.settings import VARIABLE, read_tokens

    file, weights = arguments.get("tokens"), arguments.get("weights")
    tokens = read_tokens(Path(file) if file else None)
    if not tokens:
        raise AccessError(
            "serve", "there are no tokens, and a cluster is reached by others", f"set {VARIABLE}"
        )
    settings = ServiceSettings(
        tokens,
        most_bytes=int(arguments.get("most_mb", 200)) * 10**6,
        a_minute=int(arguments.get("a_minute", 600)),
    )
    return build(settings, Path(weights) if weights else None, int(arguments.get("replicas", 2)))
