"""The app behind its gate, as a process of its own, and who may enter."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from access_words import PASSWORD

from pages.access.accounts import Account, Role, with_password, write_accounts

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "load"))

from served import Served, served


@pytest.fixture(scope="session")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A password file with a reader, anna, and a viewer, victor."""
    path = tmp_path_factory.mktemp("users") / "users.json"
    people = [Account("anna", Role.READER), Account("victor", Role.VIEWER)]
    write_accounts(path, {each.name: with_password(each, PASSWORD) for each in people})
    return path


@pytest.fixture(scope="session")
def app(users: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app, which can write to no file at all: the system refuses it every byte."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "tmp").mkdir()
    with served(
        folder,
        ("prlimit", "--fsize=0"),
        MVM_USERS=str(users),
        TMPDIR=str(folder / "tmp"),
    ) as running:
        yield running
