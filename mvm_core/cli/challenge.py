"""Commands of the challenge."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import WeightsOption, app
from mvm_core.cli._progress import progress_bar

challenge = typer.Typer(help="The challenge: visitors beside the model on simulated patients.")
app.add_typer(challenge, name="challenge")


@challenge.command()
def prepare(
    folder: Annotated[Path, typer.Argument(help="Folder to prepare; answers are kept there, too.")],
    cases: Annotated[int, typer.Option(help="Number of patients, 4 to 50.")] = 10,
    kind: Annotated[
        str,
        typer.Option(help="mixed; no-sign: no finding can be seen; one-finding: exactly one can."),
    ] = "mixed",
    seed: Annotated[int, typer.Option(help="Another seed, other patients; none was ever learnt from.")] = 1,
    timed: Annotated[bool, typer.Option("--time", help="Tell visitors how long they took.")] = False,
    weights: WeightsOption = None,
) -> None:
    """Simulate the patients, let the model read them, and write all that the page shows."""
    from mvm_core.challenge import model_score
    from mvm_core.challenge.preparing import prepare as prepare_challenge

    with progress_bar("Preparing cases") as progress:
        made = prepare_challenge(
            folder, cases=cases, kind=kind, seed=seed, timed=timed, weights=weights, progress=progress
        )
    score = model_score(made)
    metastases = sum(case.is_mvm for case in made.cases)
    typer.echo(
        f"{len(made.cases)} simulated patients ({kind}), {metastases} with a metastasis, seed "
        f"{made.patient_seed} from weights {made.weights[:12]}; {made.passed_over} passed over: {folder}"
    )
    typer.echo(f"The model: {score.points:.0f} points (Brier score {score.brier:.3f}).\n{made.notice}")


@challenge.command()
def wipe(folder: Annotated[Path, typer.Argument(help="Folder of the challenge.")]) -> None:
    """Wipe every nickname and answer."""
    from mvm_core.challenge import AnswerStore, read_challenge

    AnswerStore(folder, read_challenge(folder).identity).wipe()
    typer.echo(f"No nickname and no answer is left: {folder}")
