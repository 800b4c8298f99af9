"""Options that the commands which train have in common."""

from typing import Annotated

import typer

ALL_NETWORKS = "ap,lateral,merge,concat,chconcat"

NetworksOption = Annotated[str, typer.Option(help="Networks to train, separated by commas.")]
SizeOption = Annotated[int, typer.Option(min=32, help="Side of the networks' input in pixels.")]
InitOption = Annotated[
    str,
    typer.Option(help="Start from: shipped, lite0, timm, random, a weights folder or a safetensors file."),
]
RateOption = Annotated[float, typer.Option(help="Peak of the one-cycle schedule.")]
EpochsOption = Annotated[int, typer.Option(min=1, help="Epochs for each network.")]
StrideOption = Annotated[int, typer.Option(help="Pixels to a cell of the evidence map: 32 or 16.")]
EvidenceWeightOption = Annotated[
    float,
    typer.Option(
        help="Weight of the loss that draws evidence to the lesion, where masks or boxes are given; 0 is off."
    ),
]
ShiftOption = Annotated[
    float, typer.Option(help="Greatest shift of a film along each axis while training, in mm.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the whole run.")]
AuditedOption = Annotated[int, typer.Option(min=0, help="Test patients of the shortcut audit; 0 for none.")]
WorkersOption = Annotated[
    int, typer.Option(min=0, help="Networks trained side by side; 0 for one a processor.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on where a killed run stopped.")]


def names_in(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
