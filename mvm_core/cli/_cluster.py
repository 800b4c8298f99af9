"""The option --ray of the long commands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mvm_core.side_by_side import Workers

RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="[ADDRESS]",
        help="Work on a Ray cluster instead of --workers: HOST:PORT, ray://HOST:PORT, local, or auto, which "
        "is meant without an address.",
    ),
]


def workers_of(workers: int, ray: str | None, gpus: float = 0.0, memory_mb: int | None = None) -> "Workers":
    """What does the work: processes of this machine, or the Ray cluster that was named."""
    if ray is None:
        return workers
    from mvm_core.cluster.ray_engine import RayCluster

    return RayCluster(ray, workers if workers > 1 else None, gpus, memory_mb)


def trainers_of(workers: int, ray: str | None) -> "Workers":
    """What trains networks: so many processes, one a processor where 0, or a Ray cluster with its GPUs."""
    from mvm_core.training.pool import default_workers

    return workers or default_workers() if ray is None else workers_of(workers, ray, gpus=1.0)


def with_bare_ray(arguments: Sequence[str]) -> list[str]:
    """The arguments with the address that is meant where ``--ray`` stands without one: ``auto``."""
    found: list[str] = []
    for place, argument in enumerate(arguments):
        found.append(argument)
        if argument == "--ray" and (not arguments[place + 1 :] or arguments[place + 1].startswith("-")):
            found.append("auto")
    return found
