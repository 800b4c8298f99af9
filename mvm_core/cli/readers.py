"""Results of a reader study."""

import json
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app, usage_error


@app.command()
def validate_readers(
    answers: Annotated[
        Path,
        typer.Argument(
            help="Table of reader, modality, case, truth, rating; if known positive, level, true_level, "
            "seconds, advice."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a report, one file with all in it.")
    ] = None,
    non_inferiority: Annotated[
        float | None, typer.Option("--non-inferiority", help="Margin by which nothing may be worse.")
    ] = None,
    fixed: Annotated[
        str | None, typer.Option("--fixed", help="Results for these readers, or these cases, alone.")
    ] = None,
    covariance: Annotated[
        str, typer.Option("--covariance", help="How: delong, jackknife or unbiased.")
    ] = "delong",
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Rating from which a call is MVM.")
    ] = None,
) -> None:
    """Compare readers' modalities, such as unaided and aided, over readers and cases."""
    from mvm_core.cohort.reader_answers import read_answers
    from mvm_core.files import write_atomically
    from mvm_core.review import reader_json, reader_tables, reader_words
    from mvm_core.review.reader_report import reader_report_html
    from mvm_core.review.reader_study import review_readers
    from mvm_core.review.samples import looks_simulated
    from mvm_core.validation.mrmc_covariance import Estimator
    from mvm_core.validation.mrmc_results import Fixed
    from mvm_core.validation.mrmc_table import answers_of

    known = {one.value: one for one in Estimator}
    if fixed not in (None, "readers", "cases"):
        usage_error(f"--fixed {fixed}: give readers or cases")
    if covariance not in known:
        usage_error(f"--covariance {covariance}: give {', '.join(known)}")
    table = read_answers(answers)
    reviewed = review_readers(
        answers_of(table, threshold),
        answers.name,
        fixed=Fixed(fixed) if fixed else Fixed.NEITHER,
        estimator=known[covariance],
        margin=non_inferiority,
        simulated=looks_simulated(table.rename(columns={"case": "case_id"})),
    )
    if html is not None:
        write_atomically(html, reader_report_html(reviewed).encode())
    if as_json:
        typer.echo(json.dumps(reader_json.as_dict(reviewed), indent=2))
        return
    typer.echo(f"{reader_words.notice(reviewed)}\n{reader_words.size(reviewed)}.")
    typer.echo(reader_words.headline(reviewed))
    for row in reader_tables.means_for_people(reviewed).to_dict("records"):
        typer.echo("\n".join(f"{'' if n == 0 else '  '}{k}: {v}" for n, (k, v) in enumerate(row.items())))
