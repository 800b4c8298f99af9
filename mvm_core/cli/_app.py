"""The application that every command registers with, and its common options."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from mvm_core.cohort.marked_films import MarkedFilm

app = typer.Typer(
    help="Tell vertebral metastasis (MVM) from benign fracture (BVF) on plain spine radiographs.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

WeightsOption = Annotated[
    Path | None, typer.Option("--weights", help="Weights folder; the shipped weights where not given.")
]


def fail(sentence: str) -> NoReturn:
    """One sentence on stderr, exit code 2."""
    typer.echo(sentence, err=True)
    sys.exit(2)


def usage_error(sentence: str) -> NoReturn:
    """Wrong usage, told as any other error."""
    fail(sentence.rstrip(".") + ".")


def splits_of(said: str) -> list[str]:
    """The splits that an option names, separated by commas; ends the command where one is unknown."""
    from mvm_core.cohort import SPLITS

    wanted = [name.strip() for name in said.split(",") if name.strip()]
    if not wanted or any(name not in SPLITS for name in wanted):
        usage_error(f"--splits {said}: choose from {', '.join(SPLITS)}, separated by commas")
    return wanted


def films_of_part(folder: Path, part: str) -> "tuple[MarkedFilm, ...]":
    """The marked real films of a part that an option names; ends the command where there is none."""
    from mvm_core.cohort.marked_films import PARTS, part_of, read_marked

    films = part_of(read_marked(folder), part) if part in (*PARTS, "all") else ()
    if not films:
        usage_error(f"--part {part}: {folder} has no such film; choose {', '.join(PARTS)} or all")
    return films
