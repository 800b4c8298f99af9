"""Validation metrics of predictions tables."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvm_core.cli._app import app

if TYPE_CHECKING:
    from pandas import DataFrame


@app.command()
def validate(
    predictions: Annotated[Path, typer.Argument(help="Predictions table, CSV or Parquet, with any columns.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a report, one file with all in it.")
    ] = None,
    reading: Annotated[
        str | None, typer.Option("--reading", help="Reading that the report is of; else the leading one.")
    ] = None,
    question: Annotated[
        str | None, typer.Option("--question", help="Question that the report is of: mvm or disease.")
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Take scores of any size, without calibration.")
    ] = False,
) -> None:
    """Work out the validation metrics of a predictions table, from these or any other models."""
    from mvm_core import evaluation
    from mvm_core.cohort import read_any_predictions
    from mvm_core.cohort.external_sites import external_by_site
    from mvm_core.validation.summary import summarise_predictions

    frame = external_by_site(read_any_predictions(predictions, as_scores=scores))
    if html is not None:
        _write_report(frame, predictions.name, html, reading, question)
    typer.echo(
        json.dumps(summarise_predictions(frame), indent=2) if as_json else evaluation.areas_as_text(frame)
    )


def _write_report(
    frame: "DataFrame", name: str, path: Path, reading: str | None, question: str | None
) -> None:
    from mvm_core.cohort import questions_of
    from mvm_core.errors import ValidationError
    from mvm_core.files import write_atomically
    from mvm_core.models.registry import LEADING, READING_NAMES, TITLES
    from mvm_core.review import words
    from mvm_core.review.report import report_html
    from mvm_core.review.review import review
    from mvm_core.review.samples import Source, looks_simulated, readings_of

    asked = {each.name: each for each in questions_of(frame)}
    if question is not None and question not in asked:
        raise ValidationError(
            f"question {question}", "the table does not hold it", f"name one of {', '.join(asked)}"
        )
    of = asked[question or next(iter(asked))]
    names = readings_of(of.rows(frame), READING_NAMES)
    chosen = reading or (LEADING if LEADING in names else names[0])
    if chosen not in names:
        raise ValidationError(
            f"reading {chosen}", "the table does not hold it", f"name one of {', '.join(names)}"
        )
    source = Source(name, "", looks_simulated(frame))
    reviewed = review(frame, source, chosen, question=of)
    document = report_html(reviewed, words.notice(source), TITLES.get(chosen, chosen))
    write_atomically(path, document.encode())
