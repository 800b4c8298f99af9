"""Commands that make films fit to leave."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvm_core.cli._app import WeightsOption, app, usage_error
from mvm_core.cli._progress import progress_bar

if TYPE_CHECKING:
    from mvm_core.cohort_import.server import ServerFilms

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
    from mvm_core.deidentification.table import TABLE

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
        typer.echo(f"The page Review shows it, of an app started with MVM_REVIEW={out}.")
    typer.echo(f"What was done: {out / TABLE}")


@app.command("import-cohort")
def import_cohort(
    films: Annotated[
        str,
        typer.Argument(
            help="Folder of films, DICOM or pictures; never changed. With --servers the name of a server."
        ),
    ],
    labels: Annotated[Path, typer.Argument(help="Spreadsheet of labels, CSV or Excel.")],
    out: Annotated[Path, typer.Option(help="Folder of the cohort.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="Which column is what, as level=Segment: patient, accession, level, label, sign, "
            "reference_standard, date. The others are guessed by their names."
        ),
    ] = None,
    key: KeyOption = None,
    site: Annotated[str, typer.Option(help="Name of the site in the manifest.")] = "own",
    text: Annotated[bool, typer.Option(help="Look for text burnt into the image, and paint it over.")] = True,
    weights: WeightsOption = None,
    servers: Annotated[
        Path | None,
        typer.Option(
            help="TOML file with a [[server]] named FILMS: each row's studies are asked of it over DICOMweb."
        ),
    ] = None,
) -> None:
    """Make a cohort to train on of a hospital's films and its table of labels, de-identified on the way."""
    from mvm_core.cohort_import import LABEL_COLUMNS, read_labels
    from mvm_core.cohort_import import import_cohort as run
    from mvm_core.cohort_import.settled import TABLE
    from mvm_core.deidentification import TextFinder, read_key
    from mvm_core.spine import Finder

    named = dict(each.split("=", 1) for each in column or () if "=" in each)
    if len(named) < len(column or ()) or not set(named) <= set(LABEL_COLUMNS):
        usage_error(f"import-cohort: --column is ROLE=NAME, with ROLE one of {', '.join(LABEL_COLUMNS)}")
    rows = read_labels(labels, named)
    secret = read_key(key)
    source = Path(films) if servers is None else _server(films, servers)
    if isinstance(source, Path) and not source.is_dir():
        usage_error(f"import-cohort: there is no folder {films}")
    finder = TextFinder.open() if text else None
    with progress_bar("Importing") as step:
        found = run(source, rows, out, secret, Finder.open(weights), finder, site=site, progress=step)
    typer.echo(f"{found.taken} taken, {found.doubtful} doubtful, {found.dropped} dropped: {found.folder}")
    if found.doubtful:
        typer.echo(f"Look at {out / TABLE}: correct boxes, write take or drop, and call the command again.")
        typer.echo(f"Or settle it on the page Review, of an app started with MVM_REVIEW={out}.")


def _server(name: str, file: Path) -> "ServerFilms":
    from mvm_core.cohort_import.server import ServerFilms
    from mvm_core.exchange.settings import read_settings

    by_name = {server.name: server for server in read_settings(file).servers}
    if name not in by_name:
        usage_error(f"import-cohort: {file} has no [[server]] {name}, but {', '.join(by_name) or 'none'}")
    return ServerFilms(by_name[name])
