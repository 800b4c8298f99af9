"""`python -m pages.access`: who may enter the app."""

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from mvm_core.errors import MvmError
from pages.access.accounts import Account, Role, read_accounts, with_password, write_accounts
from pages.access.settings import USERS_VARIABLE

app = typer.Typer(
    help=f"Who may enter the app. The password file is the one that {USERS_VARIABLE} names.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
FileOption = Annotated[Path | None, typer.Option("--file", help=f"Instead of the one in {USERS_VARIABLE}.")]


@app.command()
def add(
    name: str,
    role: Annotated[Role, typer.Option(help="A viewer looks, and changes nothing.")] = Role.READER,
    without_password: Annotated[
        bool, typer.Option("--no-password", help="Enters through OpenID Connect alone.")
    ] = False,
    file: FileOption = None,
) -> None:
    """Let a person enter, or change the role and the password of one who may."""
    path = _file(file)
    accounts = read_accounts(path) if path.exists() else {}
    account = Account(name, role)
    if not without_password:
        account = with_password(account, _password(name))
    write_accounts(path, {**accounts, name: account})
    typer.echo(f"{name} may enter as {role}.")


@app.command()
def remove(name: str, file: FileOption = None) -> None:
    """Let a person enter no more; an open session of theirs ends at once."""
    path = _file(file)
    accounts = read_accounts(path)
    if accounts.pop(name, None) is None:
        _fail(f"{name}: no such person in {path}; list them with python -m pages.access list.")
    write_accounts(path, accounts)
    typer.echo(f"{name} may enter no more.")


@app.command("list")
def list_them(file: FileOption = None) -> None:
    """List who may enter."""
    for account in read_accounts(_file(file)).values():
        typer.echo(f"{account.name}\t{account.role}\t{'password' if account.password else 'provider'}")


def _file(given: Path | None) -> Path:
    named = given or os.environ.get(USERS_VARIABLE)
    if not named:
        _fail(f"{USERS_VARIABLE}: it names no password file; set it, or give --file.")
    return Path(named)


def _password(name: str) -> str:
    """Of a person at a keyboard asked twice, unseen; of a program the first line of its input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Once more: ") != first:
        _fail(f"{name}: the two passwords differ; start again.")
    return first


def _fail(sentence: str) -> "typer.Exit":
    typer.echo(sentence, err=True)
    sys.exit(2)


if __name__ == "__main__":
    try:
        app()
    except MvmError as error:
        _fail(str(error))
