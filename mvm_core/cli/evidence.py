"""What a release has to show to a reviewer."""

from pathlib import Path
from typing import Annotated

import typer

from mvm_core.cli._app import app, fail


@app.command("evidence-pack")
def evidence_pack(
    weights: Annotated[Path, typer.Argument(help="Weights folder of the release.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the PDF and the tables.")],
) -> None:
    """Fill TRIPOD+AI, STARD-AI, CLAIM and a model card in FDA's draft form from a release's own files.

    They are in English, as the checklists are.
    """
    try:
        from mvm_core.evidence.writing import write_pack
    except ModuleNotFoundError as error:
        fail(f"evidence-pack needs {error.name}; pip install -r requirements-clinic.txt -r requirements.txt.")
    from mvm_core.evidence.pack import Status

    pack, files = write_pack(weights, out)
    for checklist in pack.checklists:
        counts = ", ".join(f"{pack.count(checklist, status)} {status.value}" for status in Status)
        typer.echo(f"{checklist.title}: {len(pack.of(checklist))} items; {counts}")
    typer.echo(f"{len(pack.needs)} things that a clinical validation still needs.")
    typer.echo("\n".join(str(file) for file in files))
    typer.echo(pack.notice)
