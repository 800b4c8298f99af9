"""Training."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app
from mvm_core.cli._progress import titled_progress


@app.command()
def train(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    out: Annotated[Path, typer.Option("--out", help="Weights folder to write.")],
    networks: Annotated[
        str, typer.Option(help="Networks to train, separated by commas.")
    ] = "ap,lateral,merge,concat,chconcat",
    clahe: Annotated[bool, typer.Option(help="Contrast-limited adaptive histogram equalisation.")] = True,
    downsample: Annotated[
        bool, typer.Option(help="Draw the majority class down to the minority's size; else weight the loss.")
    ] = True,
    balance: Annotated[
        str | None, typer.Option(help="downsample, weight or none; overrides --downsample.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs for each network.")] = 15,
    size: Annotated[int, typer.Option(min=32, help="Side of the network's input in pixels.")] = 160,
    init: Annotated[
        str,
        typer.Option(
            help="Start from: shipped, lite0, timm, random, a weights folder or a safetensors file."
        ),
    ] = "lite0",
    learning_rate: Annotated[float, typer.Option(help="Peak of the one-cycle schedule.")] = 1e-3,
    output_stride: Annotated[int, typer.Option(help="Pixels to a cell of the evidence map: 32 or 16.")] = 32,
    evidence_weight: Annotated[
        float, typer.Option(help="Weight of the loss that draws evidence to the lesion; 0 is off.")
    ] = 0.0,
    shift_mm: Annotated[float, typer.Option(help="Greatest shift of a film along each axis, in mm.")] = 6.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the whole run.")] = 1,
    folds: Annotated[
        int, typer.Option(min=0, help="Cross-validate in so many folds; writes out_of_fold.csv instead.")
    ] = 0,
    workers: Annotated[
        int, typer.Option(min=0, help="Networks trained side by side; 0 for one a processor.")
    ] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")] = False,
) -> None:
    """Train networks on a cohort, calibrate them on its tune split, export and evaluate them."""
    from mvm_core.cohort import read_predictions
    from mvm_core.evaluation import areas_as_text
    from mvm_core.imaging.preprocess import Preprocessing
    from mvm_core.training import TrainingSettings
    from mvm_core.training import train as run_training
    from mvm_core.training.folds import cross_validate
    from mvm_core.training.pool import default_workers

    settings = TrainingSettings(
        networks=tuple(name.strip() for name in networks.split(",") if name.strip()),
        epochs=epochs,
        balance=balance or ("downsample" if downsample else "weight"),
        init=init,
        learning_rate=learning_rate,
        seed=seed,
        output_stride=output_stride,
        evidence_weight=evidence_weight,
        shift_mm=shift_mm,
        preprocessing=Preprocessing(clahe=clahe, size_px=size),
    )
    if folds:
        with titled_progress() as progress:
            table = cross_validate(
                cohort,
                out,
                settings,
                folds,
                resume=resume,
                workers=workers or default_workers(),
                progress=progress,
            )
        typer.echo(areas_as_text(read_predictions(table)))
        typer.echo(f"Out-of-fold predictions: {table}")
        return
    with titled_progress() as progress:
        manifest = run_training(
            cohort, out, settings, resume=resume, workers=workers or default_workers(), progress=progress
        )
    typer.echo(f"Weights: {manifest}")
