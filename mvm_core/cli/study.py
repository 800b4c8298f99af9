"""The study, its refinement and its audit."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mvm_core.cli._app import WeightsOption, app, usage_error
from mvm_core.cli._progress import progress_bar, titled_progress
from mvm_core.cli._training import (
    DEFAULTS,
    AuditedOption,
    RealOption,
    ResumeOption,
    WorkersOption,
    as_changes,
    settings_with,
    takes_settings,
)


@app.command()
@takes_settings(leave_out=("clahe", "balance"))
def study(
    internal: Annotated[Path, typer.Option("--internal", help="Cohort with train, tune and test splits.")],
    external: Annotated[Path, typer.Option("--external", help="Cohort of another site.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the study.")],
    given: dict[str, Any],
    real: RealOption = None,
    sizes: Annotated[
        str, typer.Option(help="Sizes to try at the best cell, separated by commas.")
    ] = "112,224",
    audited: AuditedOption = 60,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train the grid of settings on one cohort, test it there and on another, release the best by tune."""
    from mvm_core.study import StudyRequest, run_study
    from mvm_core.training.pool import default_workers

    try:
        further = tuple(int(text) for text in sizes.split(",") if text.strip())
    except ValueError:
        usage_error(f"--sizes {sizes}: give whole numbers of pixels, separated by commas")
    request = StudyRequest(internal, external, settings_with(DEFAULTS, given), further, audited, real)
    with titled_progress() as progress:
        record = run_study(
            request, out, resume=resume, workers=workers or default_workers(), progress=progress
        )
    typer.echo(f"Study: {record}")


@app.command()
@takes_settings(leave_out=("networks", "clahe", "balance", "size", "seed"), changes=True)
def refine(
    internal: Annotated[
        Path, typer.Option("--internal", help="The study's cohort with train and tune splits.")
    ],
    external: Annotated[Path, typer.Option("--external", help="The study's cohort of another site.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the refinement.")],
    given: dict[str, Any],
    study: Annotated[
        Path | None,
        typer.Option("--study", help="Weights folder of the finished study; the shipped where not given."),
    ] = None,
    real: RealOption = None,
    tolerance: Annotated[
        float, typer.Option(help="Loss of mean tune AUC at which the finer maps are still released.")
    ] = 0.005,
    audited: AuditedOption = 60,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train a study's release again for finer evidence maps; release them where they cost no AUC.

    Options that are not given are those of the study, and the start its weights; stride, evidence weight and
    shift are those of `train`.
    """
    from mvm_core.models.weights import default_weights
    from mvm_core.study.finer import outcome
    from mvm_core.study.refinement import RefinementRequest, run_refinement
    from mvm_core.training.pool import default_workers

    # For finer maps unless a user says otherwise; all else stays as it was in the study.
    finer = {name: getattr(DEFAULTS, name) for name in ("output_stride", "evidence_weight", "shift_mm")}
    changes = {**finer, **as_changes(DEFAULTS, given)}
    request = RefinementRequest(
        internal, external, study or default_weights(), changes, audited, tolerance, real
    )
    with titled_progress() as progress:
        refinement = run_refinement(
            request, out, resume=resume, workers=workers or default_workers(), progress=progress
        )
    typer.echo(f"{outcome(refinement)} Weights: {out / 'weights'}")


@app.command()
def audit(
    cohort: Annotated[Path, typer.Argument(help="Simulated cohort with a manifest.csv.")],
    weights: WeightsOption = None,
    patients: Annotated[int, typer.Option(min=2, help="Test patients to read.")] = 40,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Look for shortcuts: switch markers, noise, spurs and the like alone, and compare matched groups.

    The exit code is 1 where a shortcut is found.
    """
    from mvm_core.cohort import read_manifest
    from mvm_core.models.weights import default_weights, load_weights
    from mvm_core.study.audit import audit_shortcuts
    from mvm_core.study.audit_report import RULE, audit_as_dict, audit_as_text

    folder = weights or default_weights()
    notice = load_weights(folder).notice
    with progress_bar("Reading patients in every version") as progress:
        found = audit_shortcuts(read_manifest(cohort), folder, patients, workers=workers, progress=progress)
    if as_json:
        typer.echo(json.dumps(audit_as_dict(found), indent=2))
    else:
        typer.echo(f"{audit_as_text(found)}\n\n{RULE} Simulated films. {notice}")
    raise typer.Exit(1 if found.shortcuts else 0)


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
