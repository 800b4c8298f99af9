"""Validation metrics of predictions tables."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app


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
