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
    epochs: Annotated[int, typer.Option(min=1, help="Epochs for each network.")] = 15,
    init: Annotated[
        str, typer.Option(help="Start from: lite0, timm, random, or a safetensors file.")
    ] = "lite0",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the whole run.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")] = False,
) -> None:
    """Train networks on a cohort, calibrate them on its tune split, export and evaluate them."""
    from mvm_core.imaging.preprocess import Preprocessing
    from mvm_core.training import TrainingSettings
    from mvm_core.training import train as run_training

    settings = TrainingSettings(
        networks=tuple(name.strip() for name in networks.split(",") if name.strip()),
        epochs=epochs,
        downsample=downsample,
        init=init,
        seed=seed,
        preprocessing=Preprocessing(clahe=clahe),
    )
    with titled_progress() as progress:
        manifest = run_training(cohort, out, settings, resume=resume, progress=progress)
    typer.echo(f"Weights: {manifest}")
