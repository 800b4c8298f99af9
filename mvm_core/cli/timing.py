"""Timings."""

import json
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app


@app.command()
def bench(
    weights: WeightsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Time the reader, cold and warm, and against eager torch with Grad-CAM, in one run."""
    from mvm_core.benchmark import run_benchmark

    result = run_benchmark(weights)
    typer.echo(json.dumps(result.as_dict(), indent=2) if as_json else result.as_text())
