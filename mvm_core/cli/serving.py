"""The reader as a service."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app, usage_error
from mvm_core.cli._cluster import RayOption

_LOCAL = ("127.0.0.1", "localhost", "::1")


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; another than this machine's needs tokens.")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8600,
    weights: WeightsOption = None,
    tokens: Annotated[
        Path | None,
        typer.Option(help="File with a token on each line; the variable MVM_SERVICE_TOKENS where not given."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Readings at once.")] = 2,
    ray: RayOption = None,
    replicas: Annotated[
        int, typer.Option(min=1, help="With --ray: processes that read, on a processor each.")
    ] = 2,
    a_minute: Annotated[int, typer.Option(min=1, help="Requests that one token may send in a minute.")] = 600,
    most_mb: Annotated[int, typer.Option(min=1, help="Megabytes that a request may have.")] = 200,
) -> None:
    """Read films sent over HTTP: POST /v1/predict gives the JSON of predict (requirements-cluster.txt)."""
    import importlib.util

    if importlib.util.find_spec("fastapi") is None:
        usage_error("serve: FastAPI is not installed; run pip install -r requirements-cluster.txt")
    import logging

    import uvicorn

    from mvm_core.service.settings import ServiceSettings, read_tokens

    known = read_tokens(tokens)
    if host not in _LOCAL and not known:
        usage_error(
            f"serve: --host {host} can be reached from elsewhere, and there are no tokens; give --tokens"
        )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = ServiceSettings(known, most_mb * 10**6, a_minute=a_minute, workers=workers)
    if ray is not None:
        from mvm_core.cluster.ray_engine import connect
        from mvm_core.service import on_ray

        connect(ray)
        on_ray.run(settings, weights.resolve() if weights else None, replicas, host, port)
        return
    from mvm_core.examination import Examiner
    from mvm_core.service.application import create_app
    from mvm_core.service.readers import LocalReader

    examiner = Examiner.open(weights)
    examiner.reader.warm_up()
    uvicorn.run(
        create_app(LocalReader(examiner, settings), settings),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
    )
