"""Options that the commands which train have in common, their defaults those of `TrainingSettings`."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from mvm_core.training.settings import BALANCES, TrainingSettings

DEFAULTS = TrainingSettings()

_OPTIONS: dict[str, tuple[type, Any]] = {
    "networks": (str, typer.Option(help="Networks to train, separated by commas.")),
    "balance": (
        str,
        typer.Option(
            help=f"{', '.join(BALANCES)}: draw the majority class down to the minority's size, weight the "
            "loss by class, or neither."
        ),
    ),
    "clahe": (bool, typer.Option(help="Contrast-limited adaptive histogram equalisation.")),
    "size": (int, typer.Option(min=32, help="Side of the networks' input in pixels.")),
    "epochs": (int, typer.Option(min=1, help="Epochs for each network.")),
    "steps": (int, typer.Option(min=1, help="Steps for each network; whole epochs where not given.")),
    "init": (
        str,
        typer.Option(help="Start from: lite0, timm, random, a weights folder or a file of it."),
    ),
    "learning_rate": (float, typer.Option(help="Peak of the one-cycle schedule.")),
    "output_stride": (int, typer.Option(help="Pixels to a cell of the evidence map: 32 or 16.")),
    "evidence_weight": (
        float,
        typer.Option(
            help="Weight of the loss that draws evidence to the lesion, where masks or boxes are given; 0 is "
            "off."
        ),
    ),
    "shift_mm": (float, typer.Option(help="Greatest shift of a film along each axis while training, in mm.")),
    "intact_per_patient": (
        int,
        typer.Option(min=0, help="Intact levels learnt from for each patient, where a levels.csv is."),
    ),
    "intact_share": (
        float,
        typer.Option(help="Share of an epoch's vertebrae that is intact; 0: disease is not asked."),
    ),
    "real_share": (float, typer.Option(help="Share of the intact vertebrae that lies on real films.")),
    "strength": (float, typer.Option(min=0.0, help="Of the random changes of grey values; 0 makes none.")),
    "seed": (int, typer.Option(min=0, help="Seed of the whole run.")),
}
"""Type and words of each option, by its name in `TrainingSettings` or, of the films, in `Preprocessing`."""

_OF_FILMS = {"clahe": "clahe", "size": "size_px"}

AlsoOption = Annotated[
    list[Path] | None,
    typer.Option("--also", help="A further cohort that is learnt from as a whole; may be given again."),
]
WorkersOption = Annotated[
    int, typer.Option(min=0, help="Processes side by side; 0 for one a processor, on a GPU one.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the whole run.")]
RealOption = Annotated[
    Path | None, typer.Option("--real", help="Folder of marked real films; those of the training part.")
]


def takes_settings(
    *, leave_out: tuple[str, ...] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of training; what was asked for comes as its argument `given`.

    Parameters
    ----------
    leave_out : tuple of str
        Options that the command does not have.
    """
    names = [name for name in _OPTIONS if name not in leave_out]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        own = [each for each in signature.parameters.values() if each.name != "given"]
        # What has no default cannot follow what has one.
        further = [_parameter(name, _default(name)) for name in names]

        def run(**arguments: Any) -> None:
            given = {name: arguments.pop(name) for name in names}
            command(**arguments, given={name: value for name, value in given.items() if value is not None})

        parameters = [*own, *further]
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate


def settings_with(base: TrainingSettings, given: dict[str, Any]) -> TrainingSettings:
    """The settings with what a user asked for.

    Raises
    ------
    TrainingError
        If a value is out of range.
    """
    return replace(base, **as_changes(base, given))


def as_changes(base: TrainingSettings, given: dict[str, Any]) -> dict[str, Any]:
    """What a user asked for, by the names of `TrainingSettings`."""
    changes = {name: value for name, value in given.items() if name not in _OF_FILMS}
    if "networks" in changes:
        changes["networks"] = tuple(part.strip() for part in changes["networks"].split(",") if part.strip())
    of_films = {_OF_FILMS[name]: value for name, value in given.items() if name in _OF_FILMS}
    if of_films:
        changes["preprocessing"] = replace(base.preprocessing, **of_films)
    return changes


def _default(name: str) -> Any:
    if name in _OF_FILMS:
        return getattr(DEFAULTS.preprocessing, _OF_FILMS[name])
    value = getattr(DEFAULTS, name)
    return ",".join(value) if name == "networks" else value


def _parameter(name: str, default: Any) -> inspect.Parameter:
    kind, option = _OPTIONS[name]
    annotation = Annotated[kind if default is not None else kind | None, option]  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
