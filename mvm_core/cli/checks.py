"""Commands that check a cohort before anything is trained on it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app
from mvm_core.cli._progress import progress_bar


@app.command()
def sites(
    time_patients: Annotated[
        int, typer.Option("--time", min=0, help="Also time so many patients of each site and format.")
    ] = 0,
    anatomy: Annotated[
        Path | None, typer.Option(help="Folder of surfaces, to time site c too.", show_default=False)
    ] = None,
) -> None:
    """Print the table of what differs between the simulated institutions, and how fast their films come.

    The exit code is 1 where they come more slowly than wanted.
    """
    from mvm_core.simulation.formats import FORMATS
    from mvm_core.simulation.pace import measure_pace
    from mvm_core.simulation.site_table import site_table
    from mvm_core.simulation.sites import SITES, SURFACE_SITES

    typer.echo(site_table())
    slow = False
    for site in (name for name in SITES if time_patients and (name not in SURFACE_SITES or anatomy)):
        surfaces = str(anatomy) if site in SURFACE_SITES else None
        for film_format in FORMATS:
            pace = measure_pace(site, 1, time_patients, surfaces, film_format)
            slow = slow or not pace.as_wanted
            typer.echo(pace.as_text() + ("" if pace.as_wanted else "   NOT AS WANTED"))
    raise typer.Exit(1 if slow else 0)


@app.command("check-anatomy")
def check_anatomy(
    anatomy: Annotated[Path, typer.Argument(help="Folder of surfaces, as for simulate --anatomy.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Compare the silhouettes of the program's own L1 to L5 with those of surfaces, fitted in size.

    The exit code is 1 where they lie further apart than wanted.
    """
    from mvm_core.simulation.anatomy import silhouettes
    from mvm_core.simulation.anatomy.library import open_anatomy

    with progress_bar("Opening surfaces") as progress:
        opened = open_anatomy(anatomy, progress)
    found = list(silhouettes.compare(opened))
    typer.echo(silhouettes.as_json(found) if as_json else silhouettes.as_text(found))
    raise typer.Exit(0 if all(each.as_wanted for each in found) else 1)


@app.command("check-cohort")
def check_cohort(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    time_patients: Annotated[
        int,
        typer.Option("--time", min=0, help="Also time so many patients of its site with 1 and 2 workers."),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Tell what gives labels away, and whether simulated findings and spines are as published.

    The exit code is 1 where a figure is not as wanted.
    """
    from mvm_core.simulation import check
    from mvm_core.simulation.formats import MIXED
    from mvm_core.simulation.pace import measure_pace
    from mvm_core.simulation.request import request_of

    with progress_bar("Reading films") as progress:
        found = check.check_cohort(cohort, progress)
    if time_patients:
        request = request_of(cohort) if cohort.is_dir() else None
        site, anatomy = (request.site, request.anatomy) if request is not None else ("a", None)
        film_format = request.format if request is not None and request.format != MIXED else "standard"
        paces = tuple(measure_pace(site, workers, time_patients, anatomy, film_format) for workers in (1, 2))
        found = found.with_paces(paces)
    typer.echo(json.dumps(found.as_dict(), indent=2) if as_json else found.as_text())
    raise typer.Exit(1 if found.shortfalls else 0)
