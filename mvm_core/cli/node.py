"""The DICOM node."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvm_core.cli._app import app
from mvm_core.errors import ExchangeError
from mvm_core.records import is_on, read_settings

if TYPE_CHECKING:
    from mvm_core.exchange.node.keeping import Keep, ReadingToKeep
    from mvm_core.radiograph import Radiograph


@app.command()
def node(
    config: Annotated[Path, typer.Argument(help="TOML file of the node; docs/node.md has one.")],
    check: Annotated[bool, typer.Option("--check", help="Say whether the file is sound, and stop.")] = False,
) -> None:
    """Receive films by DICOM, read studies as they are complete, and send the results where they belong."""
    try:
        from mvm_core.exchange.certificates import expiries
        from mvm_core.exchange.node import run_node
        from mvm_core.exchange.settings import read_settings as read_file
    except ModuleNotFoundError as error:
        raise ExchangeError(
            "node", f"the package {error.name} is not installed", "pip install -r requirements-clinic.txt"
        ) from None
    read = read_file(config)
    settings = read.node
    for each, why in expiries(read, others=False).items():
        if check and each.has_expired():
            raise ExchangeError(f"{config.name}, {each.name}", why, each.cure)
        typer.echo(str(ExchangeError(f"{config.name}, {each.name}", why, each.cure)), err=True)
    if check:
        typer.echo(f"{config.name} is sound.")
        return
    if settings is None:
        raise ExchangeError(config.name, "it has no [node]", "add one, as in docs/node.md")

    from mvm_core.service.remote import open_examiner

    def started() -> None:
        typer.echo(f"{settings.ae_title} listens on {settings.address}:{settings.port}")

    keep = _keep(settings.ae_title) if is_on() else None
    run_node(settings, started, keep, open_examiner(settings.weights))


def _keep(ae_title: str) -> "Keep":
    """What puts readings into the record that MVM_DATABASE names; its settings are looked at now."""
    from mvm_core.records.shared import open_shared

    read_settings()

    def keep(reading: "ReadingToKeep", films: "Callable[[], Mapping[str, Radiograph]]") -> None:
        from mvm_core.records.case import Statement

        record = open_shared()
        marks = {name: bytes.fromhex(mark) for name, mark in reading.marks.items()}
        pixels = {view: film.pixels for view, film in films().items()} if record.keeps_films else None
        record.keep(
            reading.document,
            f"node {ae_title}",
            Statement(),
            marks,
            simulated=reading.simulated,
            pixels=pixels,
            key=reading.key,
        )

    return keep
