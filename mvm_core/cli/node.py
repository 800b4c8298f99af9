"""The DICOM node."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app
from mvm_core.errors import ExchangeError


@app.command()
def node(
    config: Annotated[Path, typer.Argument(help="TOML file of the node; docs/node.md has one.")],
    check: Annotated[bool, typer.Option("--check", help="Say whether the file is sound, and stop.")] = False,
) -> None:
    """Receive films by DICOM, read studies as they are complete, and send the results where they belong."""
    try:
        from mvm_core.exchange.node import run_node
        from mvm_core.exchange.settings import read_settings
    except ModuleNotFoundError as error:
        raise ExchangeError(
            "node", f"the package {error.name} is not installed", "pip install -r requirements-clinic.txt"
        ) from None
    settings = read_settings(config).node
    if check:
        typer.echo(f"{config.name} is sound.")
        return
    if settings is None:
        raise ExchangeError(config.name, "it has no [node]", "add one, as in docs/node.md")
    from mvm_core.service.remote import open_examiner

    run_node(
        settings,
        lambda: typer.echo(f"{settings.ae_title} listens on {settings.address}:{settings.port}"),
        open_examiner(settings.weights),
    )
