"""How unlike the training films a film is: fitting the rule, and showing its use."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app, splits_of
from mvm_core.cli._progress import progress_bar, titled_progress
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
    from mvm_core.cohort import read_manifest
    from mvm_core.training.distance import distance_rows
    from mvm_core.training.distance import fit_distance as fit

    wanted = splits_of(splits)
    rows = distance_rows([read_manifest(cohort) for cohort in cohorts], wanted, real)
    with progress_bar("Looking at films") as progress:
        manifest = fit(weights, rows, out, patients=patients, seed=seed, progress=progress)
    typer.echo(f"Weights: {manifest}")


@app.command("distance-check")
def distance_check(
    weights: Annotated[Path, typer.Argument(help="Weights folder with the rule.")],
    cohorts: Annotated[
        list[Path], typer.Argument(help="Cohorts not fitted on; films of the first are corrupted too.")
    ],
    real: RealOption = None,
    part: Annotated[str, typer.Option(help="Real films of which part: tune, or once test.")] = "tune",
    foreign: Annotated[
        Path | None, typer.Option("--foreign", help="Folder of pictures of anything but a spine.")
    ] = None,
    patients: Annotated[int, typer.Option(min=1, help="Patients drawn of each cohort.")] = 100,
    record: Annotated[
        bool, typer.Option("--record", help="Write the figures into the weights folder, for the card.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show which films the rule and the named warnings tell, and how the error grows with the distance."""
    from mvm_core.cohort import read_manifest
    from mvm_core.examination import Examiner
    from mvm_core.study.distance_check import check_as_text, check_distance, record_distance

    examiner = Examiner.open(weights)
    with titled_progress() as progress:
        found = check_distance(
            examiner,
            [read_manifest(cohort) for cohort in cohorts],
            real=real,
            part=part,
            foreign=foreign,
            patients=patients,
            progress=progress,
        )
    if record:
        record_distance(weights, examiner.reader.weights.identity, found)
    typer.echo(json.dumps(found, indent=2) if as_json else check_as_text(found))
