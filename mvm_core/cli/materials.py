"""What the app is made of."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app, fail


@app.command("bill-of-materials")
def bill_of_materials(
    out: Annotated[Path | None, typer.Option("--out", help="A file, instead of the standard output.")] = None,
    licences: Annotated[
        bool, typer.Option("--licences", help="A plain list of packages and licences instead.")
    ] = False,
) -> None:
    """List what the app installs, and its weights, as CycloneDX JSON, each with its licence."""
    from mvm_core.bill_of_materials import bill_as_json, licences_as_text, packages
    from mvm_core.files import write_atomically

    found = packages()
    text = licences_as_text(found) if licences else bill_as_json(found)
    if out is None:
        typer.echo(text)
    else:
        write_atomically(out, text.encode() + b"\n")
    if any(each.refused for each in found):
        names = ", ".join(each.name for each in found if each.refused)
        fail(f"{names}: a hospital cannot take the licence; leave it out.")
