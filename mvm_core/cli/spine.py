"""Finding the spine, and training what finds it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mvm_core.cli._app import WeightsOption, app, films_of_part, usage_error
from mvm_core.cli._progress import titled_progress
from mvm_core.cli._training import RealOption, ResumeOption, SeedOption, WorkersOption
from mvm_core.radiograph import View

if TYPE_CHECKING:
    from mvm_core.training.spine.second_look import SecondLook
    from mvm_core.training.steps import StepSettings

CohortsArgument = Annotated[list[Path], typer.Argument(help="Simulated cohorts with a levels.csv.")]
RealShareOption = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Share of real films among those drawn.")
]
StepsOption = Annotated[int, typer.Option(min=1, help="Steps of training.")]
BatchOption = Annotated[int, typer.Option(min=2, help="Films, or vertebrae, to a step.")]
LearningRateOption = Annotated[float, typer.Option(help="Peak of the one-cycle schedule.")]
StartOption = Annotated[
    Path | None, typer.Option(help="Checkpoint or graph (.onnx) of an earlier run to start from.")
]
StartOrImageNetOption = Annotated[
    Path | None,
    typer.Option(help="Checkpoint or graph (.onnx) of an earlier run to start from; else ImageNet weights."),
]
AverageOption = Annotated[
    bool, typer.Option("--average", help="Write the mean of the weights started from and the new ones.")
]
StrengthOption = Annotated[
    float,
    typer.Option(min=0.0, help="Of the random changes of grey values; 0 learns from films as they are."),
]


@app.command()
def find(
    files: Annotated[list[Path], typer.Argument(help="Films.")],
    view: Annotated[str | None, typer.Option(help="ap or lateral; told from each film if not given.")] = None,
    weights: WeightsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for pictures with the vertebrae drawn.")
    ] = None,
) -> None:
    """Find and name the vertebrae on films of the spine."""
    from mvm_core.files import write_atomically
    from mvm_core.imaging import read_film
    from mvm_core.spine import Finder
    from mvm_core.spine.picture import draw_spine
    from mvm_core.spine.report import spine_as_dict, spine_as_text

    if view is not None and view not in list(View):
        usage_error(f"--view {view}: choose ap or lateral")
    finder, given = Finder.open(weights), View(view) if view else None
    described: list[dict[str, Any]] = []
    for file in files:
        film = read_film(file)
        spine = finder.find(film, given)
        described.append(spine_as_dict(str(file), spine, film.shape[0]))
        if out is not None:
            write_atomically(out / f"{file.stem}.png", draw_spine(film, spine))
        if not as_json:
            typer.echo(spine_as_text(spine, film.shape[0]))
    if as_json:
        typer.echo(json.dumps(described, indent=2))


@app.command("find-score")
def find_score(
    folder: Annotated[Path, typer.Argument(help="Folder of marked real films, or a simulated cohort.")],
    weights: WeightsOption = None,
    part: Annotated[
        str,
        typer.Option(help="Films of which part: test, tune, train (real AP films, cohorts), external, all."),
    ] = "test",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure how well vertebrae are found on films where they are marked."""
    from mvm_core.cohort import SPLITS
    from mvm_core.finding import cohort_as_marked, score_finding
    from mvm_core.finding_totals import finding_as_text, finding_totals
    from mvm_core.spine import Finder

    if (folder / "manifest.csv").is_file():
        films = cohort_as_marked(folder, SPLITS if part == "all" else (part,))
        if not films:
            usage_error(f"--part {part}: {folder} has no such film; choose from {', '.join(SPLITS)} or all")
    else:
        films = films_of_part(folder, part)
    with titled_progress() as progress:
        scored = score_finding(
            films, Finder.open(weights), lambda done, total: progress("Finding", done, total)
        )
    totals = finding_totals(scored)
    typer.echo(json.dumps(totals, indent=2) if as_json else finding_as_text(totals))


@app.command("finder-arms")
def finder_arms(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finders, in the order to tell them in.")],
    real: Annotated[Path, typer.Option("--real", help="Folder of marked real films.")],
    out: Annotated[Path, typer.Option("--out", help="File for the figures, finder_arms.json for the card.")],
    part: Annotated[str, typer.Option(help="AP films of which part: test, tune, train or all.")] = "test",
) -> None:
    """Measure what each step of the finder's training brings on real films."""
    from mvm_core.files import write_atomically
    from mvm_core.study.finder_arms import score_arms

    record = score_arms(folders, films_of_part(real, part), part)
    write_atomically(out, (json.dumps(record) + "\n").encode())
    for arm in record["arms"]:
        for view, own in arm["finding"].items():
            typer.echo(
                f"{arm['title']}, {view}: found {own['found']}/{own['marked']}, "
                f"{own['false_per_film']:.2f} false a film"
            )


@app.command("train-spine")
def train_spine(
    cohorts: CohortsArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for spine.onnx and spine.json.")],
    real: RealOption = None,
    steps: StepsOption = 2400,
    batch: BatchOption = 8,
    learning_rate: LearningRateOption = 1.5e-3,
    strength: StrengthOption = 1.0,
    real_share: RealShareOption = 0.4,
    start: StartOrImageNetOption = None,
    average: AverageOption = False,
    seed: SeedOption = 1,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train the network that finds vertebrae."""
    from mvm_core.training.pool import default_workers
    from mvm_core.training.spine.run import train_spine as run
    from mvm_core.training.steps import StepSettings

    settings = StepSettings(steps, batch, learning_rate, strength=strength, seed=seed)
    with titled_progress() as progress:
        manifest = run(
            cohorts,
            out,
            settings,
            real=real,
            real_share=real_share,
            start=start,
            average=average,
            resume=resume,
            workers=workers or default_workers(),
            progress=progress,
        )
    typer.echo(f"Finder: {manifest}")


@app.command("train-corners")
def train_corners(
    cohorts: CohortsArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder with spine.json; corners.onnx is added.")],
    real: RealOption = None,
    steps: StepsOption = 4000,
    batch: BatchOption = 64,
    learning_rate: LearningRateOption = 3e-3,
    strength: StrengthOption = 0.5,
    real_share: RealShareOption = 0.6,
    start: StartOption = None,
    seed: SeedOption = 1,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train the network that tells the corners of found vertebrae closer."""
    from mvm_core.training.spine.corner_look import CORNER_LOOK
    from mvm_core.training.steps import StepSettings

    settings = StepSettings(steps, batch, learning_rate, strength=strength, seed=seed)
    _train_second_look(CORNER_LOOK, cohorts, out, settings, real, real_share, start, workers, resume)


@app.command("train-endplates")
def train_endplates(
    cohorts: CohortsArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder with spine.json; endplates.onnx is added.")],
    steps: StepsOption = 4000,
    batch: BatchOption = 32,
    learning_rate: LearningRateOption = 2e-3,
    strength: StrengthOption = 0.4,
    start: StartOption = None,
    seed: SeedOption = 1,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train the network that tells the endplates of collapsed bodies finer, from lateral films."""
    from mvm_core.training.spine.corner_look import ENDPLATE_LOOK
    from mvm_core.training.steps import StepSettings

    settings = StepSettings(steps, batch, learning_rate, strength=strength, seed=seed)
    _train_second_look(ENDPLATE_LOOK, cohorts, out, settings, None, 0.0, start, workers, resume)


@app.command("train-levels")
def train_levels(
    cohorts: CohortsArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder with spine.json; levels.onnx is added.")],
    real: RealOption = None,
    steps: StepsOption = 3000,
    batch: BatchOption = 16,
    learning_rate: LearningRateOption = 2e-3,
    strength: StrengthOption = 0.5,
    real_share: RealShareOption = 0.6,
    start: StartOption = None,
    seed: SeedOption = 1,
    workers: WorkersOption = 0,
    resume: ResumeOption = False,
) -> None:
    """Train the network that names found vertebrae from the spine laid out straight."""
    from mvm_core.training.spine.level_look import LEVEL_LOOK
    from mvm_core.training.steps import StepSettings

    settings = StepSettings(steps, batch, learning_rate, strength=strength, seed=seed, weight_decay=0.01)
    _train_second_look(LEVEL_LOOK, cohorts, out, settings, real, real_share, start, workers, resume)


def _train_second_look(
    look: "SecondLook[Any, Any]",
    cohorts: list[Path],
    out: Path,
    settings: "StepSettings",
    real: Path | None,
    real_share: float,
    start: Path | None,
    workers: int,
    resume: bool,
) -> None:
    from mvm_core.training.pool import default_workers
    from mvm_core.training.spine.second_look import train_second_look

    with titled_progress() as progress:
        manifest = train_second_look(
            look,
            cohorts,
            out,
            settings,
            real=real,
            real_share=real_share,
            start=start,
            resume=resume,
            workers=workers or default_workers(),
            progress=progress,
        )
    typer.echo(f"Finder: {manifest}")


@app.command("train-disease")
def train_disease(
    cohorts: CohortsArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for disease.onnx and disease.json.")],
    real: RealOption = None,
    steps: StepsOption = 2200,
    batch: BatchOption = 24,
    learning_rate: LearningRateOption = 1e-3,
    strength: StrengthOption = 0.4,
    start: StartOrImageNetOption = None,
    average: AverageOption = False,
    seed: SeedOption = 1,
    resume: ResumeOption = False,
) -> None:
    """Train the network that tells diseased vertebrae from intact ones."""
    from mvm_core.training.disease.run import train_disease as run
    from mvm_core.training.steps import StepSettings

    settings = StepSettings(steps, batch, learning_rate, strength=strength, seed=seed, weight_decay=0.01)
    with titled_progress() as progress:
        manifest = run(
            cohorts, out, settings, real=real, start=start, average=average, resume=resume, progress=progress
        )
    typer.echo(f"Disease network: {manifest}")
