"""The command line: python -m mvm_core."""

import sys
from typing import Protocol, runtime_checkable

import typer
from typer.exceptions import Abort, TyperException

from mvm_core.cli import (
    archives,
    challenge,
    checks,
    cohorts,
    distance,
    evidence,
    explanations,
    leaving,
    materials,
    node,
    readers,
    reading,
    records,
    serving,
    spine,
    study,
    timing,
    training,
    validation,
)
from mvm_core.cli._app import app, fail
from mvm_core.cli._cluster import with_bare_ray
from mvm_core.errors import MvmError

__all__ = [
    "app",
    "archives",
    "challenge",
    "checks",
    "cohorts",
    "distance",
    "evidence",
    "explanations",
    "leaving",
    "main",
    "materials",
    "node",
    "readers",
    "reading",
    "records",
    "serving",
    "spine",
    "study",
    "timing",
    "training",
    "validation",
]


@runtime_checkable
class _WithMessage(Protocol):
    """A usage error of the command line that names its parameter."""

    def format_message(self) -> str: ...


def main() -> None:
    """Run the command line; every error a user can meet is one line on stderr and exit code 2."""
    try:
        code = app(args=with_bare_ray(sys.argv[1:]), standalone_mode=False)
    except MvmError as error:
        fail(str(error))
    except TyperException as error:
        said = error.format_message() if isinstance(error, _WithMessage) else str(error)
        fail(f"{said.rstrip('.')}; see python -m mvm_core --help.")
    except Abort:
        typer.echo("Stopped.", err=True)
        sys.exit(130)
    sys.exit(code or 0)
