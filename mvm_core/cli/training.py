"""Training."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mvm_core.cli._app import app, splits_of, usage_error
from mvm_core.cli._cluster import RayOption, trainers_of
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

FittedCohort = Annotated[Path, typer.Argument(help="Cohort to fit on, neither learnt from nor judged by.")]
WeightsOutOption = Annotated[Path, typer.Option("--out", help="Weights folder to write.")]
FittedSplitsOption = Annotated[str, typer.Option(help="Splits that are fitted on, separated by commas.")]


@app.command()
@takes_settings()
def train(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    out: WeightsOutOption,
    given: dict[str, Any],
    real: RealOption = None,
    also: AlsoOption = None,
    folds: Annotated[
        int, typer.Option(min=0, help="Cross-validate in so many folds; writes out_of_fold.csv instead.")
    ] = 0,
    workers: WorkersOption = 0,
    ray: RayOption = None,
    resume: ResumeOption = False,
) -> None:
    """Train networks on a cohort, calibrate them on its tune split, export and evaluate them."""
    from mvm_core.cohort import read_predictions
    from mvm_core.evaluation import areas_as_text
    from mvm_core.training import train as run_training
    from mvm_core.training.folds import cross_validate

    settings, trainers = settings_with(DEFAULTS, given), trainers_of(workers, ray)
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
                workers=trainers,
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
            workers=trainers,
            real=real,
            also=also or (),
            progress=progress,
        )
    typer.echo(f"Weights: {manifest}")


ShareOption = Annotated[
    float,
    typer.Option(min=0.01, max=0.99, help="Of the network for disease alone in the mean of such films."),
]


@app.command("join-scan")
def join_scan(
    weights: Annotated[Path, typer.Argument(help="Weights whose networks are asked for disease.")],
    cohort: FittedCohort,
    disease: Annotated[Path, typer.Option("--disease", help="Folder of the network for disease alone.")],
    out: WeightsOutOption,
    real: RealOption = None,
    ap_share: ShareOption = 0.5,
    lateral_share: ShareOption = 0.5,
    splits: FittedSplitsOption = "tune",
) -> None:
    """Let a network for disease alone read every level beside the AP and the lateral network."""
    from mvm_core.cohort import read_manifest
    from mvm_core.radiograph import View
    from mvm_core.training.scan import join_scan as join

    wanted = splits_of(splits)
    with titled_progress() as progress:
        manifest = join(
            weights,
            disease,
            read_manifest(cohort),
            out,
            splits=wanted,
            shares={View.AP: ap_share, View.LATERAL: lateral_share},
            real=real,
            progress=lambda done, total: progress("Reading levels", done, total),
        )
    typer.echo(f"Weights: {manifest}")


@app.command("join-pair")
def join_pair(
    weights: Annotated[Path, typer.Argument(help="Weights made by join-scan.")],
    cohort: FittedCohort,
    out: WeightsOutOption,
    share: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Of Concat in the mean of levels on both films.")
    ] = 0.5,
    splits: FittedSplitsOption = "tune",
) -> None:
    """Let the Concat network read levels on both films, beside what reads each film."""
    from mvm_core.cohort import read_manifest
    from mvm_core.training.pair_scan import join_pair as join

    wanted = splits_of(splits)
    with titled_progress() as progress:
        manifest = join(
            weights,
            read_manifest(cohort),
            out,
            splits=wanted,
            share=share,
            progress=lambda done, total: progress("Reading levels", done, total),
        )
    typer.echo(f"Weights: {manifest}")


@app.command("fit-film")
def fit_film(
    weights: Annotated[Path, typer.Argument(help="Weights made by join-scan.")],
    cohort: FittedCohort,
    out: WeightsOutOption,
    share: Annotated[
        float,
        typer.Option(
            min=0.01, max=0.99, help="Of the distance from the usual median that the point moves by."
        ),
    ] = 0.2,
    splits: FittedSplitsOption = "tune",
) -> None:
    """Let the point for levels on both films follow the median of all levels of these films."""
    from mvm_core.cohort import read_manifest
    from mvm_core.training.film_point import fit_film_point

    wanted = splits_of(splits)
    with titled_progress() as progress:
        manifest = fit_film_point(
            weights,
            read_manifest(cohort),
            out,
            splits=wanted,
            share=share,
            progress=lambda done, total: progress("Reading pairs", done, total),
        )
    typer.echo(f"Weights: {manifest}")


@app.command("fit-pairs")
def fit_pairs(
    weights: Annotated[Path, typer.Argument(help="Weights whose networks are asked for disease.")],
    cohort: FittedCohort,
    real: Annotated[Path, typer.Option(help="Folder of marked real films; the AP films of the tune part.")],
    out: WeightsOutOption,
    splits: FittedSplitsOption = "tune",
) -> None:
    """Raise the point for levels on both films until real AP films beside intact lateral ones keep below."""
    from mvm_core.cohort import read_manifest
    from mvm_core.training.pairs import fit_pairs as fit

    wanted = splits_of(splits)
    with titled_progress() as progress:
        manifest = fit(
            weights,
            read_manifest(cohort),
            real,
            out,
            splits=wanted,
            progress=lambda done, total: progress("Reading levels", done, total),
        )
    typer.echo(f"Weights: {manifest}")
