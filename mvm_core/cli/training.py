"""Training."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mvm_core.cli._app import app, usage_error
from mvm_core.cli._progress import titled_progress
from mvm_core.cli._training import (
    DEFAULTS,
    AlsoOption,
    RealOption,
    ResumeOption,
    WorkersOption,
    settings_with,
    takes_settings,
)


@app.command()
@takes_settings()
def train(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    out: Annotated[Path, typer.Option("--out", help="Weights folder to write.")],
    given: dict[str, Any],
    real: RealOption = None,
    also: AlsoOption = None,
    folds: Annotated[
        int, typer.Option(min=0, help="Cross-validate in so many folds; writes out_of_fold.csv instead.")
    ] = 0,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train networks on a cohort, calibrate them on its tune split, export and evaluate them."""
    from mvm_core.cohort import read_predictions
    from mvm_core.evaluation import areas_as_text
    from mvm_core.training import train as run_training
    from mvm_core.training.folds import cross_validate
    from mvm_core.training.pool import default_workers

    settings, workers = settings_with(DEFAULTS, given), workers or default_workers()
    if folds and also:
        usage_error("train: --also does not go with --folds")
    if folds:
        with titled_progress() as progress:
            table = cross_validate(
                cohort,
                out,
                settings,
                folds,
                resume=resume,
                workers=workers,
                real=real,
                progress=progress,
            )
        typer.echo(areas_as_text(read_predictions(table)))
        typer.echo(f"Out-of-fold predictions: {table}")
        return
    with titled_progress() as progress:
        manifest = run_training(
            cohort,
            out,
            settings,
            resume=resume,
            workers=workers,
            real=real,
            also=also or (),
            progress=progress,
        )
    typer.echo(f"Weights: {manifest}")
