"""The option --ray of the long commands."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mvm_core.side_by_side import Workers

RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Work on a Ray cluster instead of --workers: HOST:PORT, ray://HOST:PORT, auto, or local.",
    ),
]


def workers_of(workers: int, ray: str | None, gpus: float = 0.0) -> "Workers":
    """What does the work: processes of this machine, or the Ray cluster that was named."""
    if ray is None:
        return workers
    from mvm_core.cluster.ray_engine import RayCluster

    return RayCluster(ray, workers if workers > 1 else None, gpus)
