"""The command line: python -m mvm_core.

Modules register their commands when they are imported; that is done when the command line is asked for.
"""

import gc
import importlib
import sys
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import typer
from typer.exceptions import Abort, TyperException

from mvm_core.cli._app import app as _app
from mvm_core.cli._app import fail
from mvm_core.cli._cluster import with_bare_ray
from mvm_core.errors import MvmError

if TYPE_CHECKING:
    from mvm_core.cli._app import app

__all__ = ["app", "main"]

MODULES = (
    "archives",
    "challenge",
    "checks",
    "cohorts",
    "distance",
    "evidence",
    "explanations",
    "leaving",
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
)
"""With commands."""

ALONE = {"predict": "reading"}
"""Commands whose module is loaded alone, so that they start quickly."""


def __getattr__(name: str) -> typer.Typer:
    """The application with all its commands, by its name ``app``."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _with_commands_of(MODULES)


def _with_commands_of(modules: tuple[str, ...]) -> typer.Typer:
    for module in modules:
        importlib.import_module(f"{__name__}.{module}")
    return _app


@runtime_checkable
class _WithMessage(Protocol):
    """A usage error of the command line that names its parameter."""

    def format_message(self) -> str: ...


def main() -> None:
    """Run the command line; every error a user can meet is one line on stderr and exit code 2."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked in ALONE:
        # Over before there is garbage worth a search.
        gc.disable()
    commands = _with_commands_of((ALONE[asked],) if asked in ALONE else MODULES)
    try:
        code = commands(args=with_bare_ray(sys.argv[1:]), standalone_mode=False)
    except MvmError as error:
        fail(str(error))
    except TyperException as error:
        said = error.format_message() if isinstance(error, _WithMessage) else str(error)
        fail(f"{said.rstrip('.')}; see python -m mvm_core --help.")
    except Abort:
        typer.echo("Stopped.", err=True)
        sys.exit(130)
    if asked in ALONE:
        # What is left goes with the process: a search for garbage in it would only keep the user waiting.
        gc.freeze()
    sys.exit(code or 0)
