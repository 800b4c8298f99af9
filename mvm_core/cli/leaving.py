"""Commands that make films fit to leave."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app
from mvm_core.cli._progress import progress_bar

KeyOption = Annotated[
    Path | None,
    typer.Option(help="File with the site's secret; the variable MVM_DEIDENTIFICATION_KEY where not given."),
]


@app.command()
def deidentify(
    source: Annotated[Path, typer.Argument(help="Folder of films; never changed.", metavar="IN")],
    out: Annotated[Path, typer.Argument(help="Folder of the films fit to leave.", metavar="OUT")],
    key: KeyOption = None,
    text: Annotated[bool, typer.Option(help="Look for text burnt into the image, and paint it over.")] = True,
) -> None:
    """Take out of films what tells whose they are: headers by an allow-list, burnt-in text painted over."""
    from mvm_core.deidentification import TextFinder, deidentify_folder, read_key
    from mvm_core.deidentification.folder import TABLE

    secret = read_key(key)
    finder = TextFinder.open() if text else None
    with progress_bar("Making films fit to leave") as step:
        outcomes = deidentify_folder(source, out, secret, finder, step)
    counts = {
        outcome: sum(row.outcome == outcome for row in outcomes)
        for outcome in ("left", "held back", "not a film")
    }
    typer.echo(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    if counts["held back"]:
        typer.echo("Look at what is held back before it leaves: there may be text that was not made out.")
    typer.echo(f"What was done: {out / TABLE}")
