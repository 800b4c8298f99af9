"""Training."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app
from mvm_core.cli._progress import titled_progress
from mvm_core.cli._training import (
    ALL_NETWORKS,
    EpochsOption,
    EvidenceWeightOption,
    InitOption,
    NetworksOption,
    RateOption,
    ResumeOption,
    SeedOption,
    ShiftOption,
    SizeOption,
    StrideOption,
    WorkersOption,
    names_in,
)


@app.command()
def train(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    out: Annotated[Path, typer.Option("--out", help="Weights folder to write.")],
    networks: NetworksOption = ALL_NETWORKS,
    clahe: Annotated[bool, typer.Option(help="Contrast-limited adaptive histogram equalisation.")] = True,
    downsample: Annotated[
        bool, typer.Option(help="Draw the majority class down to the minority's size; else weight the loss.")
    ] = True,
    balance: Annotated[
        str | None, typer.Option(help="downsample, weight or none; overrides --downsample.")
    ] = None,
    epochs: EpochsOption = 15,
    size: SizeOption = 160,
    init: InitOption = "lite0",
    learning_rate: RateOption = 1e-3,
    output_stride: StrideOption = 16,
    evidence_weight: EvidenceWeightOption = 0.5,
    shift_mm: ShiftOption = 20.0,
    seed: SeedOption = 1,
    folds: Annotated[
        int, typer.Option(min=0, help="Cross-validate in so many folds; writes out_of_fold.csv instead.")
    ] = 0,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
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
        networks=names_in(networks),
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
