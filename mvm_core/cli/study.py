"""The study, its refinement and its audit."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app, usage_error
from mvm_core.cli._progress import progress_bar, titled_progress
from mvm_core.cli._training import (
    ALL_NETWORKS,
    AuditedOption,
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
def study(
    internal: Annotated[Path, typer.Option("--internal", help="Cohort with train, tune and test splits.")],
    external: Annotated[Path, typer.Option("--external", help="Cohort of another site.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the study.")],
    networks: NetworksOption = ALL_NETWORKS,
    epochs: EpochsOption = 8,
    size: SizeOption = 160,
    sizes: Annotated[
        str, typer.Option(help="Sizes to try at the best cell, separated by commas.")
    ] = "112,224",
    init: InitOption = "lite0",
    learning_rate: RateOption = 1e-3,
    output_stride: StrideOption = 32,
    evidence_weight: EvidenceWeightOption = 0.0,
    shift_mm: ShiftOption = 6.0,
    seed: SeedOption = 1,
    audited: AuditedOption = 60,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train the grid of settings on one cohort, test it there and on another, release the best by tune."""
    from mvm_core.imaging.preprocess import Preprocessing
    from mvm_core.study import StudyRequest, run_study
    from mvm_core.training import TrainingSettings
    from mvm_core.training.pool import default_workers

    try:
        further = tuple(int(text) for text in sizes.split(",") if text.strip())
    except ValueError:
        usage_error(f"--sizes {sizes}: give whole numbers of pixels, separated by commas")
    base = TrainingSettings(
        networks=names_in(networks),
        epochs=epochs,
        learning_rate=learning_rate,
        init=init,
        seed=seed,
        output_stride=output_stride,
        evidence_weight=evidence_weight,
        shift_mm=shift_mm,
        preprocessing=Preprocessing(size_px=size),
    )
    request = StudyRequest(internal, external, base, further, audited)
    with titled_progress() as progress:
        record = run_study(
            request, out, resume=resume, workers=workers or default_workers(), progress=progress
        )
    typer.echo(f"Study: {record}")


@app.command()
def refine(
    internal: Annotated[
        Path, typer.Option("--internal", help="The study's cohort with train and tune splits.")
    ],
    external: Annotated[Path, typer.Option("--external", help="The study's cohort of another site.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the refinement.")],
    study: Annotated[
        Path | None,
        typer.Option("--study", help="Weights folder of the finished study; the shipped where not given."),
    ] = None,
    output_stride: StrideOption = 16,
    evidence_weight: EvidenceWeightOption = 0.5,
    shift_mm: ShiftOption = 20.0,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs for each network; the study's where not given.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak of the one-cycle schedule; the study's where not given.")
    ] = None,
    init: Annotated[
        str | None, typer.Option(help="Start as in study; from the weights of --study where not given.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="Loss of mean tune AUC at which the finer maps are still released.")
    ] = 0.005,
    audited: AuditedOption = 60,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train a study's release again for finer evidence maps; release them where they cost no AUC."""
    from mvm_core.models.weights import default_weights
    from mvm_core.study.finer import outcome
    from mvm_core.study.refinement import RefinementRequest, run_refinement
    from mvm_core.training.pool import default_workers

    asked = {
        "output_stride": output_stride,
        "evidence_weight": evidence_weight,
        "shift_mm": shift_mm,
        "epochs": epochs,
        "learning_rate": learning_rate,
        "init": init,
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    request = RefinementRequest(internal, external, study or default_weights(), changes, audited, tolerance)
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
