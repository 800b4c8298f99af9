"""Reading whole archives of films."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app
from mvm_core.cli._cluster import RayOption, workers_of


@app.command()
def score(
    source: Annotated[
        str,
        typer.Argument(
            help="Archive: a folder, a ZIP, a list of paths (.txt), s3://BUCKET/FOLDER, or dicomweb://SERVER?QUERY."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="New folder, or that of the same run to go on with it.")],
    weights: WeightsOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    ray: RayOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Cases that are one task.")] = 32,
    labels: Annotated[
        Path | None,
        typer.Option(help="Table with case_id (study or path of a film) and label: writes predictions too."),
    ] = None,
    memory_gb: Annotated[
        float | None,
        typer.Option(
            min=0.1, help="Memory that all processes may take together; with --ray, that each one may take."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Read every film of an archive: tables in Parquet, and a page on how it went."""
    from mvm_core.cli._progress import scoring_bar
    from mvm_core.cluster.archive import score_archive
    from mvm_core.cluster.memory import check_suffices, workers_within
    from mvm_core.cluster.page import page_html
    from mvm_core.files import write_atomically
    from mvm_core.side_by_side import LocalProcesses, Workers

    memory_mb = None if memory_gb is None else round(memory_gb * 1000)
    engine: Workers = workers
    if ray is not None:
        if memory_mb is not None:
            check_suffices(memory_mb)
        engine = workers_of(workers, ray, memory_mb=memory_mb)
    elif memory_mb is not None:
        workers, memory_mb = workers_within(memory_mb, workers)
        engine = LocalProcesses(workers, memory_mb)
    with scoring_bar() as show:
        scored = score_archive(source, out, weights, engine, batch, show, labels, memory_mb)
    page = write_atomically(out / "report.html", page_html(scored, source).encode())
    told = {
        name: getattr(scored, name) for name in ("films", "read", "unread", "parts", "done_now", "reasons")
    }
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(f"{scored.films} films: {scored.read} read, {scored.unread} not ({page})")
    for reason, count in scored.reasons.items():
        typer.echo(f"  {count:>6}  {reason}")
    typer.echo(scored.notice)
