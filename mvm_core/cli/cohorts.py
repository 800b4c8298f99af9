"""Commands that make or read whole cohorts."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvm_core.cli._app import WeightsOption, app, splits_of, usage_error
from mvm_core.cli._cluster import RayOption, workers_of
from mvm_core.cli._progress import progress_bar

if TYPE_CHECKING:
    from mvm_core.side_by_side import Workers
    from mvm_core.simulation import CohortRequest

_PATIENTS = 100


@app.command()
def simulate(
    out: Annotated[Path | None, typer.Argument(help="Folder of the cohort to write.")] = None,
    site: Annotated[
        str | None,
        typer.Option(
            help="Simulated institution: a (without this option) or b; c: bones from --anatomy; r: nowhere "
            "in particular, for training; v: r, bones of all kinds. A sheet shows a and b in turn without "
            "it.",
        ),
    ] = None,
    patients: Annotated[
        int | None,
        typer.Option(min=1, help=f"Number of patients; without it {_PATIENTS}, or what a sheet holds."),
    ] = None,
    mvm: Annotated[
        int | None,
        typer.Option(min=0, help="How many have a metastasis; the site's prevalence if not given."),
    ] = None,
    healthy: Annotated[int, typer.Option(min=0, help="How many have neither.")] = 0,
    other: Annotated[
        int,
        typer.Option(min=0, help="How many have something else instead: haemangioma, cement, myeloma ..."),
    ] = 0,
    film_format: Annotated[
        str,
        typer.Option(
            "--format", help="standard, whole-spine, thoracic, lumbar, coned, or mixed: one of them each."
        ),
    ] = "standard",
    anatomy: Annotated[
        Path | None,
        typer.Option(
            help="Folder of surfaces (OBJ, STL or CSV) for site c: T1 to L5, sacrum, pelvis. What is worked "
            "out from them is kept in MVM_ANATOMY_CACHE, beside them, or in your cache folder."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same films.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    ray: RayOption = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a contact sheet (PNG) of simulated films instead of a cohort.")
    ] = None,
    real: Annotated[Path | None, typer.Option(help="Folder of real films to show beside them.")] = None,
) -> None:
    """Simulate a cohort of patients: DICOM films of both views, masks and a manifest; or a contact sheet."""
    if (out is None) == (sheet is None):
        usage_error("simulate: name a folder OUT for a cohort, or --sheet FILE for a contact sheet")
    if real is not None and sheet is None:
        usage_error("simulate: --real belongs to --sheet FILE")
    surfaces = None if anatomy is None else str(anatomy)
    if sheet is not None:
        _write_sheet(sheet, real, patients, seed, site, surfaces)
    elif out is not None:
        from mvm_core.simulation import CohortRequest

        request = CohortRequest(
            site or "a", patients or _PATIENTS, mvm, seed, healthy, film_format, other, surfaces
        )
        if anatomy is not None:
            _open_anatomy(anatomy)
        _write_cohort(out, request, workers_of(workers, ray))


def _open_anatomy(folder: Path) -> None:
    """Work out what is not kept yet, before any film, and tell what a user should know."""
    from mvm_core.simulation.anatomy.library import open_anatomy

    with progress_bar("Opening surfaces") as progress:
        opened = open_anatomy(folder, progress)
    for remark in opened.remarks:
        typer.echo(f"{folder}: {remark}")


def _write_sheet(
    file: Path, real: Path | None, patients: int | None, seed: int, site: str | None, anatomy: str | None
) -> None:
    from mvm_core.files import write_atomically
    from mvm_core.simulation.sheet import contact_sheet, read_real_films
    from mvm_core.simulation.sites import CLINICS

    films = read_real_films(real) if real is not None else []
    simulated = patients or max(len(films), 4)
    write_atomically(
        file, contact_sheet(films, simulated, seed, CLINICS if site is None else (site,), anatomy)
    )
    typer.echo(f"{len(films)} real films beside those of {simulated} simulated patients: {file}")


def _write_cohort(out: Path, request: "CohortRequest", workers: "Workers") -> None:
    from mvm_core.simulation import write_cohort

    with progress_bar("Simulating patients") as progress:
        manifest = write_cohort(out, request, workers, progress)
    fingerprint = hashlib.sha256(manifest.read_bytes()).hexdigest()
    typer.echo(
        f"{request.patients} simulated patients, {request.metastases} with a metastasis, "
        f"{request.healthy} intact, {request.other} with something else: {manifest}"
    )
    typer.echo(f"fingerprint of manifest and pixels: {fingerprint}")


@app.command()
def evaluate(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    out: Annotated[Path, typer.Option("--out", help="Predictions table to write.")],
    weights: WeightsOption = None,
    splits: Annotated[str, typer.Option(help="Splits to read, separated by commas.")] = "tune,test,external",
    boxes: Annotated[
        bool,
        typer.Option("--boxes/--no-boxes", help="Read as if nobody had drawn a box: the spine is found."),
    ] = True,
    all_levels: Annotated[
        bool,
        typer.Option("--all-levels", help="Read every vertebra, boxes unseen; a row for each of levels.csv."),
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    ray: RayOption = None,
) -> None:
    """Read the films of a whole cohort and write the predictions table."""
    from mvm_core import evaluation
    from mvm_core.cohort import read_manifest, write_predictions
    from mvm_core.examination import Examiner
    from mvm_core.models.reader import Reader

    wanted = splits_of(splits)
    if all_levels:
        _evaluate_levels(cohort, out, weights, wanted, workers_of(workers, ray))
        return
    reader = Reader.open(weights)
    examiner = None if boxes else Examiner.open(weights)
    with progress_bar("Reading cases") as progress:
        frame = evaluation.evaluate(
            read_manifest(cohort), reader, wanted, progress, examiner, workers_of(workers, ray)
        )
    write_predictions(out, frame)
    typer.echo(evaluation.areas_as_text(frame))
    typer.echo(f"\n{reader.weights.notice}\nPredictions: {out}")


def _evaluate_levels(
    cohort: Path, out: Path, weights: Path | None, splits: list[str], workers: "Workers"
) -> None:
    from mvm_core.cohort import read_manifest
    from mvm_core.examination import Examiner
    from mvm_core.files import write_atomically
    from mvm_core.level_evaluation import level_figures, level_figures_as_text, read_all_levels

    examiner = Examiner.open(weights)
    with progress_bar("Examining cases") as progress:
        table = read_all_levels(read_manifest(cohort), examiner, splits, progress, workers)
    write_atomically(out, table.to_csv(index=False, float_format="%.6g").encode())
    typer.echo(level_figures_as_text(level_figures(table)))
    typer.echo(f"\n{examiner.reader.weights.notice}\nLevels: {out}")


@app.command()
def calibrate(
    weights: Annotated[Path, typer.Argument(help="Weights folder whose networks are kept.")],
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    out: Annotated[Path, typer.Option("--out", help="Weights folder to write.")],
    splits: Annotated[
        str, typer.Option(help="Splits of the cohort that are fitted on, separated by commas.")
    ] = "tune",
) -> None:
    """Fit calibrations and operating points of existing networks on other cases, without training."""
    from mvm_core.cohort import read_manifest
    from mvm_core.recalibrate import NOT_ASKED, recalibrate

    wanted = splits_of(splits)
    with progress_bar("Reading cases") as progress:
        manifest = recalibrate(weights, read_manifest(cohort), out, splits=wanted, progress=progress)
    fitted = json.loads(manifest.read_text())["calibrated_on"]
    if fitted["disease"] != NOT_ASKED:
        typer.echo(f"Calibrations for disease: {fitted['disease']}.")
    typer.echo(f"Weights: {manifest}")
