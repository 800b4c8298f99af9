"""Explanations."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app, usage_error
from mvm_core.cli._cluster import RayOption, workers_of
from mvm_core.cli._progress import progress_bar, titled_progress

_SHOWN = ("pointing_game_vertebra", "pointing_game_lesion", "auprc_lesion", "twin_pointing")


@app.command("explain-score")
def explain_score(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with masks of lesion and vertebra.")],
    weights: WeightsOption = None,
    readings: Annotated[str, typer.Option(help="Readings, separated by commas; all where not given.")] = "",
    methods: Annotated[
        str, typer.Option(help="Methods, separated by commas, or all; others than evidence need torch.")
    ] = "evidence",
    method_readings: Annotated[
        str, typer.Option(help="Single readings that methods other than evidence are scored for.")
    ] = "ap,lateral",
    cases: Annotated[
        int, typer.Option(min=0, help="Cases to score, both labels in turn; 0 for all of the test split.")
    ] = 100,
    tune_cases: Annotated[
        int, typer.Option(min=0, help="Cases of the tune split that give thresholds; 0 for all.")
    ] = 60,
    dear_cases: Annotated[
        int, typer.Option(min=0, help="Cases for insertion, deletion, repeatability and twins.")
    ] = 12,
    shuffled_cases: Annotated[int, typer.Option(min=0, help="Cases for shuffled weights.")] = 6,
    slow_cases: Annotated[int, typer.Option(min=0, help="Cases for ScoreCAM and AblationCAM.")] = 1,
    other_weights: Annotated[
        Path | None, typer.Option(help="Weights of another training, to compare maps with.")
    ] = None,
    earlier_weights: Annotated[
        Path | None, typer.Option(help="Weights of before, whose maps are localised on the same cases.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    ray: RayOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Table to write; the page shows explain_scorecard.csv in the weights."),
    ] = None,
) -> None:
    """Score how far the maps of each reading are right, on a cohort whose lesions are known."""
    from mvm_core.cohort import read_manifest
    from mvm_core.explain.catalogue import EVIDENCE, INSTALL, METHODS, torch_is_there
    from mvm_core.explain.run import Plan, score_cohort
    from mvm_core.explain.scorecard import as_json as to_json
    from mvm_core.explain.scorecard import as_text, write_scorecard
    from mvm_core.models.reader import Reader
    from mvm_core.models.registry import READING_NAMES, SINGLE_READINGS

    wanted = _chosen(readings, READING_NAMES, "--readings")
    asked = _chosen("" if methods == "all" else methods, METHODS, "--methods")
    if set(asked) - {EVIDENCE} and not torch_is_there():
        usage_error(f"--methods {methods}: methods other than evidence need torch; {INSTALL} adds it")
    reader = Reader.open(weights)
    plan = Plan(
        wanted,
        asked,
        _chosen(method_readings, SINGLE_READINGS, "--method-readings"),
        cases=cases or None,
        tune_cases=tune_cases or None,
        dear_cases=dear_cases,
        shuffled_cases=shuffled_cases,
        slow_cases=slow_cases,
        other=Reader.open(other_weights) if other_weights is not None else None,
        earlier=Reader.open(earlier_weights) if earlier_weights is not None else None,
    )
    with titled_progress() as tell:
        table = score_cohort(read_manifest(cohort), reader, plan, tell, workers_of(workers, ray))
    if out is not None:
        write_scorecard(out, table)
    if as_json:
        typer.echo(json.dumps(to_json(table), indent=2))
    else:
        typer.echo(as_text(table, _SHOWN))
        typer.echo(f"\n{reader.weights.notice}" + (f"\nScorecard: {out}" if out is not None else ""))


@app.command("explain-findings")
def explain_findings(
    weights: WeightsOption = None,
    patients: Annotated[
        int, typer.Option(min=2, help="Simulated patients in whom each finding is switched.")
    ] = 40,
    bodies: Annotated[
        int, typer.Option(min=2, help="Simulated intact patients who get one focus after the other.")
    ] = 20,
    site: Annotated[str, typer.Option(help="Simulated institution.")] = "a",
    seed: Annotated[
        int, typer.Option(min=0, help="Of the patients: one that the training did not use.")
    ] = 71,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    ray: RayOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of both tables; the weights where not given.")
    ] = None,
) -> None:
    """Tell what readings go by: the change by each finding alone, and the dose at which foci are flagged."""
    from mvm_core.explain import dose, findings
    from mvm_core.explain.simulated_table import Source, write_table
    from mvm_core.models.weights import default_weights, load_weights
    from mvm_core.simulation import PatientRequest

    folder = weights or default_weights()
    loaded, place = load_weights(folder), out or folder
    PatientRequest(seed, site=site)
    source = Source(site, seed, loaded.identity[:12])
    with titled_progress() as tell:
        changes = findings.change_by_finding(
            folder,
            patients,
            source,
            workers=workers_of(workers, ray),
            progress=lambda done, total: tell("Switching findings", done, total),
        )
        doses = dose.dose_response(
            folder,
            bodies,
            source,
            workers=workers_of(workers, ray),
            progress=lambda done, total: tell("Growing foci", done, total),
        )
    written = [
        write_table(place / findings.FILE, changes, source),
        write_table(place / dose.FILE, doses, source),
    ]
    if as_json:
        typer.echo(
            json.dumps({"findings": json.loads(changes.to_json(orient="records")),
                        "dose": json.loads(doses.to_json(orient="records"))}, indent=2)
        )  # fmt: skip
        return
    typer.echo(findings.as_text(changes))
    typer.echo(f"\nSimulated films. {loaded.notice}")
    typer.echo("\n".join(f"Table: {path}" for path in written))


@app.command("displace-boxes")
def displace_boxes(
    cohort: Annotated[Path, typer.Argument(help="Cohort folder with boxes and a levels.csv.")],
    weights: WeightsOption = None,
    patients: Annotated[
        int, typer.Option(min=2, help="Patients to read: MVM, BVF and healthy in turn.")
    ] = 150,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side.")] = 1,
    ray: RayOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Table to write; the card shows displaced_boxes.csv in the weights."),
    ] = None,
) -> None:
    """Read patients with boxes 5 to 20 mm off the vertebra, and one level off: areas and shares flagged."""
    from mvm_core.cohort import read_manifest
    from mvm_core.explain.displaced_boxes import displaced_figures, read_displaced, write_displaced
    from mvm_core.models.weights import default_weights, load_weights

    folder = weights or default_weights()
    notice, opened = load_weights(folder).notice, read_manifest(cohort)
    with progress_bar("Reading patients at every box") as progress:
        readings = read_displaced(
            opened, folder, patients, workers=workers_of(workers, ray), progress=progress
        )
    figures = displaced_figures(readings, opened, folder)
    if out is not None:
        write_displaced(out, figures)
    if as_json:
        typer.echo(json.dumps(json.loads(figures.to_json(orient="records")), indent=2))
        return
    typer.echo(figures[["placement", "metric", "value", "low", "high", "n"]].to_string(index=False))
    typer.echo(f"\n{notice}" + (f"\nTable: {out}" if out is not None else ""))


def _chosen(text: str, known: Iterable[str], option: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in known]
    if unknown:
        usage_error(f"{option} {unknown[0]}: choose from {', '.join(known)}, separated by commas")
    return names or tuple(known)
