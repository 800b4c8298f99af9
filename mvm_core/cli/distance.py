"""How unlike the training films a film is: fitting the rule, and showing its use."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app, usage_error
from mvm_core.cli._progress import progress_bar
from mvm_core.cli._training import RealOption


@app.command("fit-distance")
def fit_distance(
    weights: Annotated[Path, typer.Argument(help="Weights folder.")],
    cohorts: Annotated[list[Path], typer.Argument(help="Cohorts learnt from, or others of the same kind.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Weights folder to write; else the rule goes into WEIGHTS.")
    ] = None,
    real: RealOption = None,
    splits: Annotated[
        str, typer.Option(help="Splits of the cohorts that are fitted on, separated by commas.")
    ] = "train,tune",
    patients: Annotated[int, typer.Option(min=1, help="Patients drawn for the fit.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Of that draw.")] = 0,
) -> None:
    """Fit the rule that tells films unlike the training films; to be done before weights are sealed."""
    from mvm_core.cohort import SPLITS, read_manifest
    from mvm_core.training.distance import distance_rows
    from mvm_core.training.distance import fit_distance as fit

    wanted = [name.strip() for name in splits.split(",") if name.strip()]
    if not wanted or any(name not in SPLITS for name in wanted):
        usage_error(f"--splits {splits}: choose from {', '.join(SPLITS)}, separated by commas")
    rows = distance_rows([read_manifest(cohort) for cohort in cohorts], wanted, real)
    with progress_bar("Looking at films") as progress:
        manifest = fit(weights, rows, out, patients=patients, seed=seed, progress=progress)
    typer.echo(f"Weights: {manifest}")
