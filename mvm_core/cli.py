"""The command line: python -m mvm_core."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, Protocol, runtime_checkable

import typer
from typer.exceptions import Abort, TyperException

from mvm_core.errors import MvmError
from mvm_core.radiograph import Box, FilmPair, Radiograph, View

if TYPE_CHECKING:
    from rich.progress import TaskID

app = typer.Typer(
    help="Tell vertebral metastasis (MVM) from benign fracture (BVF) on plain spine radiographs.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

WeightsOption = Annotated[
    Path | None, typer.Option("--weights", help="Weights folder; the shipped weights where not given.")
]


@runtime_checkable
class _WithMessage(Protocol):
    """A usage error of the command line that names its parameter."""

    def format_message(self) -> str: ...


def main() -> None:
    """Run the command line; every error a user can meet is one line on stderr and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except MvmError as error:
        _fail(str(error))
    except TyperException as error:
        said = error.format_message() if isinstance(error, _WithMessage) else str(error)
        _fail(f"{said.rstrip('.')}; see python -m mvm_core --help.")
    except Abort:
        typer.echo("Stopped.", err=True)
        sys.exit(130)
    sys.exit(code or 0)


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    sys.exit(2)


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder of the cohort to write.")],
    site: Annotated[str, typer.Option(help="Simulated institution: a or b.")] = "a",
    patients: Annotated[int, typer.Option(min=1, help="Number of patients.")] = 100,
    mvm: Annotated[int, typer.Option(min=0, help="How many of them have a metastasis.")] = 28,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same films.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
) -> None:
    """Simulate a cohort of patients: DICOM films of both views, masks and a manifest."""
    from mvm_core.simulation import CohortRequest, write_cohort

    request = CohortRequest(site, patients, mvm, seed)
    with _progress("Simulating patients") as progress:
        manifest = write_cohort(out, request, workers, progress)
    typer.echo(f"{patients} simulated patients, {mvm} with a metastasis: {manifest}")


@app.command()
def predict(
    ap: Annotated[Path | None, typer.Option("--ap", help="The AP film.")] = None,
    lateral: Annotated[Path | None, typer.Option("--lateral", help="The lateral film.")] = None,
    ap_box: Annotated[
        str | None, typer.Option(help="Box around the vertebra on the AP film, 'x0 y0 x1 y1' in pixels.")
    ] = None,
    lateral_box: Annotated[str | None, typer.Option(help="The same on the lateral film.")] = None,
    weights: WeightsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for overlay PNGs, one for each reading.")
    ] = None,
) -> None:
    """Read an AP film, a lateral film or both."""
    if ap is None and lateral is None:
        _usage_error("predict needs a film: give --ap FILE, --lateral FILE or both")
    from mvm_core.models.reader import Reader
    from mvm_core.models.report import reading_as_dict

    pair = FilmPair(
        ap=_film(ap, View.AP),
        lateral=_film(lateral, View.LATERAL),
        ap_box=_box(ap_box, "--ap-box", ap),
        lateral_box=_box(lateral_box, "--lateral-box", lateral),
    )
    _check_boxes(pair)
    reading = Reader.open(weights).read(pair)
    if out is not None:
        from mvm_core.files import write_atomically
        from mvm_core.models.overlay import render_pair

        for name in reading.results:
            write_atomically(out / f"{name}.png", render_pair(pair, reading, name))
    if as_json:
        typer.echo(json.dumps(reading_as_dict(pair, reading), indent=2))
    else:
        from mvm_core.models.table import reading_as_text

        typer.echo(reading_as_text(reading))


@app.command()
def evaluate(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with a manifest.csv.")],
    out: Annotated[Path, typer.Option("--out", help="Predictions table to write.")],
    weights: WeightsOption = None,
    splits: Annotated[str, typer.Option(help="Splits to read, separated by commas.")] = "tune,test,external",
) -> None:
    """Read the films of a whole cohort and write the predictions table."""
    from mvm_core import evaluation
    from mvm_core.cohort import SPLITS, read_manifest, write_predictions
    from mvm_core.models.reader import Reader

    wanted = [name.strip() for name in splits.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in SPLITS]
    if unknown or not wanted:
        _usage_error(f"--splits {splits}: choose from {', '.join(SPLITS)}, separated by commas")
    reader = Reader.open(weights)
    with _progress("Reading cases") as progress:
        frame = evaluation.evaluate(read_manifest(cohort), reader, wanted, progress)
    write_predictions(out, frame)
    typer.echo(evaluation.areas_as_text(frame))
    typer.echo(f"\n{reader.weights.notice}\nPredictions: {out}")


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
    with _titled_progress() as progress:
        manifest = run_training(cohort, out, settings, resume=resume, progress=progress)
    typer.echo(f"Weights: {manifest}")


@app.command()
def validate(
    predictions: Annotated[Path, typer.Argument(help="Predictions table, CSV or Parquet.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Work out the validation metrics of a predictions table, from these or any other models."""
    from mvm_core import evaluation
    from mvm_core.cohort import read_predictions
    from mvm_core.validation.summary import summarise

    frame = read_predictions(predictions)
    typer.echo(json.dumps(summarise(frame), indent=2) if as_json else evaluation.areas_as_text(frame))


@app.command()
def bench(
    weights: WeightsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Time the reader, cold and warm, and against eager torch with Grad-CAM, in one run."""
    from mvm_core.benchmark import run_benchmark

    result = run_benchmark(weights)
    typer.echo(json.dumps(result.as_dict(), indent=2) if as_json else result.as_text())


def _film(path: Path | None, view: View) -> Radiograph | None:
    from mvm_core.imaging import read_film, with_view

    return with_view(read_film(path), view) if path is not None else None


def _box(text: str | None, option: str, film: Path | None) -> Box | None:
    if text is None:
        return None
    if film is None:
        _usage_error(f"{option} was given without its film")
    try:
        x0, y0, x1, y1 = (float(part) for part in text.replace(",", " ").split())
        return Box(x0, y0, x1, y1)
    except ValueError:
        _usage_error(f"{option} '{text}' is not a box: give four numbers 'x0 y0 x1 y1' with x0 < x1, y0 < y1")


def _check_boxes(pair: FilmPair) -> None:
    for view in pair.views:
        film, box = pair.film(view), pair.box(view)
        if film is None or box is None:
            continue
        x, y = box.centre
        if not (0 <= x < film.shape[1] and 0 <= y < film.shape[0]):
            _usage_error(
                f"{film.name}: the centre of the box lies outside the film of "
                f"{film.shape[1]} x {film.shape[0]} pixels; move the box onto the film"
            )


def _usage_error(sentence: str) -> NoReturn:
    _fail(sentence.rstrip(".") + ".")


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    with _titled_progress() as show:
        yield lambda done, total: show(title, done, total)


@contextmanager
def _titled_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that appears with the first thing done, so that an early error stands alone."""
    from rich.console import Console
    from rich.logging import RichHandler
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console)
    tasks: dict[str, TaskID] = {}
    handler = RichHandler(console=console, show_level=False, show_path=False)
    logger = logging.getLogger("mvm_core")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)

    def show(title: str, done: int, total: int) -> None:
        bar.start()
        if title not in tasks:
            tasks[title] = bar.add_task(title, total=total)
        bar.update(tasks[title], completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()
        logger.removeHandler(handler)
