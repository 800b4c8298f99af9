"""Commands for the clinic's record, which MVM_DATABASE and MVM_DATABASE_SECRET name."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mvm_core.cli._app import app, usage_error
from mvm_core.errors import DatabaseError

if TYPE_CHECKING:
    from mvm_core.records import RecordSettings
    from mvm_core.records.record import Record

records = typer.Typer(
    help="The clinic's record of readings: verify, backup, restore, retention, export, delete-patient.",
    no_args_is_help=True,
)
app.add_typer(records, name="records")


@records.command()
def verify(
    head: Annotated[str, typer.Option(help="Hash of a head noted before, which must be there.")] = "",
) -> None:
    """Look for any change that this program did not make; exit code 1 where there is one."""
    record, _ = _open()
    faults = record.verify(head)
    for fault in faults:
        typer.echo(fault)
    if faults:
        typer.echo(f"{record.name}: {len(faults)} faults; keep this database and restore a backup.", err=True)
        sys.exit(1)
    last = record.head()
    number, noted = (last.number, last.hash) if last is not None else (0, "")
    typer.echo(f"{record.name}: whole, {number} entries. Note this head elsewhere: {noted}")


@records.command()
def backup(file: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Write the whole record into one file."""
    from mvm_core.records.backup import back_up

    record, _ = _open()
    typer.echo(f"{back_up(record, file, _who())} cases: {file}")


@records.command()
def restore(file: Annotated[Path, typer.Argument(help="File of records backup.")]) -> None:
    """Fill an empty record from a backup, after checking that it is whole."""
    from mvm_core.records import backup as backups

    record, _ = _open()
    typer.echo(f"{backups.restore(record, file, _who())} cases: {record.name}")


@records.command()
def retention() -> None:
    """Delete cases older than MVM_DATABASE_KEEP_DAYS now; the app does so once a day."""
    record, settings = _open()
    if settings.keep_days is None:
        usage_error("records retention: MVM_DATABASE_KEEP_DAYS is not set, so cases are kept for good")
    else:
        gone = record.delete_older_than(settings.keep_days, _who())
        typer.echo(f"{gone} cases older than {settings.keep_days} days deleted.")


@records.command("delete-patient")
def delete_patient(
    number: Annotated[str, typer.Argument(help="The patient's number (Patient ID of the films), or -.")],
) -> None:
    """Delete a patient with all readings; - asks for the number, so that no shell keeps it."""
    record, _ = _open()
    number = typer.prompt("Patient ID", hide_input=True) if number == "-" else number
    patient = record.patient_of(number)
    if patient is None:
        raise DatabaseError("This patient", "the record has no reading of theirs", "check the number")
    typer.echo(f"{record.delete_patient(patient, _who())} cases deleted.")


@records.command()
def export(
    out: Annotated[Path, typer.Argument(help="Predictions table to write (CSV).")],
    simulated: Annotated[bool, typer.Option("--simulated", help="With cases of simulated films.")] = False,
) -> None:
    """Write the cases with a reference standard as a predictions table."""
    from mvm_core.cohort import write_predictions
    from mvm_core.records.predictions import predictions_of, real, settled

    record, _ = _open()
    cases = record.cases() if simulated else real(record.cases())
    table = predictions_of(cases)
    if table.empty:
        raise DatabaseError(record.name, "no case has a reference standard yet", "enter some on page Cases")
    record.note("export", _who(), settled(cases))
    write_predictions(out, table)
    typer.echo(f"{table['case_id'].nunique()} cases: {out}")


def _open() -> "tuple[Record, RecordSettings]":
    from mvm_core.records import read_settings
    from mvm_core.records.shared import open_shared

    return open_shared(clearing=False), read_settings()


def _who() -> str:
    return getpass.getuser()
