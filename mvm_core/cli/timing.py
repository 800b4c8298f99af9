"""Timings."""

import json
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app


@app.command()
def bench(
    weights: WeightsOption = None,
    runs: Annotated[int, typer.Option(min=1, help="Of each part; the medians are told.")] = 12,
    batch: Annotated[int, typer.Option(min=2, help="Pairs that are read at once.")] = 32,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Time the reader, cold and warm, and against eager torch with Grad-CAM, in one run."""
    from mvm_core.benchmark import run_benchmark

    result = run_benchmark(weights, runs, batch)
    typer.echo(json.dumps(result.as_dict(), indent=2) if as_json else result.as_text())


@app.command("bench-validation")
def bench_validation(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Time the statistics of the cohort page, and against the loop over scikit-learn, in one run."""
    from mvm_core.review.benchmark import run_validation_benchmark

    result = run_validation_benchmark()
    typer.echo(json.dumps(result.as_dict(), indent=2) if as_json else result.as_text())
