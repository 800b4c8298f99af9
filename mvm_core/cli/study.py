"""The study, the audit, the sealed test and the model card."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mvm_core.cli._app import WeightsOption, app, usage_error
from mvm_core.cli._cluster import RayOption, trainers_of, workers_of
from mvm_core.cli._progress import progress_bar, titled_progress
from mvm_core.cli._training import (
    DEFAULTS,
    AlsoOption,
    RealOption,
    ResumeOption,
    WorkersOption,
    settings_with,
    takes_settings,
)
from mvm_core.sealed import RECORD


@app.command()
@takes_settings(leave_out=("clahe", "balance"))
def study(
    cohort: Annotated[Path, typer.Argument(help="Cohort with train, tune and test splits.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the study.")],
    given: dict[str, Any],
    real: RealOption = None,
    also: AlsoOption = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="From how many seeds each network of each cell is trained.")
    ] = 3,
    sizes: Annotated[
        str, typer.Option(help="Further image sizes, tried at the simplest cell, separated by commas.")
    ] = "",
    workers: WorkersOption = 0,
    ray: RayOption = None,
    resume: ResumeOption = False,
) -> None:
    """Compare settings: CLAHE and class down-sampling on and off, each equally long, from several seeds."""
    from mvm_core.study.run import StudyRequest, run_study

    try:
        further = tuple(int(text) for text in sizes.split(",") if text.strip())
    except ValueError:
        usage_error(f"--sizes {sizes}: give whole numbers of pixels, separated by commas")
    settings = settings_with(DEFAULTS, given)
    if settings.steps is None:
        usage_error("study: give --steps, so that every cell is trained equally long")
    request = StudyRequest(cohort, tuple(also or ()), settings, tuple(range(1, seeds + 1)), further, real)
    with titled_progress() as progress:
        record = run_study(request, out, resume=resume, workers=trainers_of(workers, ray), progress=progress)
    typer.echo(f"Chosen: {json.loads(record.read_text())['chosen']}. Study: {record}")


@app.command("learning-curve")
@takes_settings()
def learning_curve(
    cohort: Annotated[Path, typer.Argument(help="Cohort with train, tune and test splits.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the curve.")],
    given: dict[str, Any],
    sizes: Annotated[
        str, typer.Option(help="Training patients with MVM or BVF, separated by commas; all come last.")
    ] = "100,200,400",
    real: RealOption = None,
    also: AlsoOption = None,
    seeds: Annotated[int, typer.Option(min=1, help="From how many seeds each network is trained.")] = 3,
    workers: WorkersOption = 0,
    ray: RayOption = None,
    resume: ResumeOption = False,
) -> None:
    """Train the same networks on more and more patients; areas, and the law fitted through them.

    The card shows it where learning_curve.csv and learning_curve.json lie in the weights.
    """
    import pandas as pd

    from mvm_core.study.curves import learning_table
    from mvm_core.study.learning_curve import CurveRequest, run_learning_curve
    from mvm_core.study.learning_files import TABLE

    try:
        wanted = tuple(int(text) for text in sizes.split(",") if text.strip())
    except ValueError:
        usage_error(f"--sizes {sizes}: give whole numbers of patients, separated by commas")
    settings = settings_with(DEFAULTS, given)
    request = CurveRequest(cohort, wanted, tuple(also or ()), settings, tuple(range(1, seeds + 1)), real)
    with titled_progress() as progress:
        record = run_learning_curve(
            request, out, resume=resume, workers=trainers_of(workers, ray), progress=progress
        )
    table = pd.read_csv(record.with_name(TABLE))
    typer.echo(learning_table(table[table["split"] == "test"]))
    typer.echo(f"Learning curve: {record.with_name(TABLE)}")


@app.command()
def audit(
    cohort: Annotated[Path, typer.Argument(help="Simulated cohort with a manifest.csv.")],
    weights: WeightsOption = None,
    patients: Annotated[int, typer.Option(min=2, help="Test patients to read.")] = 40,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    ray: RayOption = None,
    record: Annotated[
        Path | None, typer.Option("--record", help="Write the figures into this file, for the card.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Look for shortcuts: switch markers, noise, spurs and the like alone, and compare matched groups.

    The exit code is 1 where a shortcut is found.
    """
    from mvm_core.cohort import read_manifest
    from mvm_core.files import write_atomically
    from mvm_core.models.weights import default_weights, load_weights
    from mvm_core.study.audit import audit_shortcuts
    from mvm_core.study.audit_report import RULE, audit_as_dict, audit_as_text

    folder = weights or default_weights()
    opened = load_weights(folder)
    with progress_bar("Reading patients in every version") as progress:
        found = audit_shortcuts(
            read_manifest(cohort), folder, patients, workers=workers_of(workers, ray), progress=progress
        )
    described = audit_as_dict(found)
    if record is not None:
        content = json.dumps({"weights": opened.identity, **described}, indent=2)
        write_atomically(record, content.encode())
    if as_json:
        typer.echo(json.dumps(described, indent=2))
    else:
        typer.echo(f"{audit_as_text(found)}\n\n{RULE} Simulated films. {opened.notice}")
    raise typer.Exit(1 if found.shortcuts else 0)


@app.command()
def seal(
    weights: Annotated[Path, typer.Argument(help="Finished weights folder; the tables are written into it.")],
    films: Annotated[Path, typer.Option("--films", help="Folder for the cohorts that are simulated.")],
    anatomy: Annotated[
        Path | None,
        typer.Option("--anatomy", help="Folder of surfaces for site c, which is left out without."),
    ] = None,
    share: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Of the full numbers; less for a trial, as is recorded.")
    ] = 1.0,
    workers: WorkersOption = 0,
    ray: RayOption = None,
) -> None:
    """Open the sealed test: patients whose seeds follow from the weights' own hash, read once."""
    from mvm_core.study.seal import seal as open_seal
    from mvm_core.study.sealed_figures import sealed_figures
    from mvm_core.study.sealed_section import sealed_as_text
    from mvm_core.training.pool import default_workers

    with titled_progress() as progress:
        found = open_seal(
            weights,
            films,
            anatomy=anatomy,
            share=share,
            workers=workers_of(workers, ray) if ray is not None else workers or default_workers(),
            progress=progress,
        )
    typer.echo(sealed_as_text(sealed_figures(found)))
    times = "once" if found.opened == 1 else f"{found.opened} times"
    typer.echo(f"\nSimulated films. Opened {times} for these weights: {found.folder / RECORD}")


@app.command()
def card(
    weights: WeightsOption = None,
    readme: Annotated[
        Path | None, typer.Option("--readme", help="Write the results between this README's markers too.")
    ] = None,
) -> None:
    """Write a weights folder's model card, and a README's results, from the folder's own files."""
    from mvm_core.models.weights import default_weights
    from mvm_core.study.card import update_readme, write_card

    folder = weights or default_weights()
    typer.echo(f"Model card: {write_card(folder)}")
    if readme is not None:
        typer.echo(f"Results: {update_readme(readme, folder)}")
