"""Sessions, lockout, the password file, the address: without a server."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from access_words import PASSWORD

from mvm_core.errors import AccessError
from pages.access.accounts import Account, Role, read_accounts, with_password, write_accounts
from pages.access.guard import Guard
from pages.access.sessions import MOST_FAILURES, WINDOW_S, Failures, Person, Sessions
from pages.access.settings import is_local, read_settings

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.json"
    anna = with_password(Account("anna", Role.READER), PASSWORD)
    write_accounts(path, {"anna": anna, "eva": Account("eva", Role.VIEWER)})
    return path


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.4", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_an_address_is_of_this_machine_or_not(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_listens_on_this_machine_unless_told_otherwise() -> None:
    settings = read_settings(None, {})
    assert settings.address == "localhost"
    assert not settings.asks_for_login


def test_a_public_address_without_a_login_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        AccessError, match=r"MVM_ADDRESS=0\.0\.0\.0: .*MVM_USERS.*pages\.access add.*\[auth\]"
    ) as refused:
        read_settings(None, {"MVM_ADDRESS": "0.0.0.0"})
    assert "\n" not in str(refused.value)
    assert read_settings("default", {"MVM_ADDRESS": "0.0.0.0"}).asks_for_login


def test_the_program_refuses_to_start_with_a_public_address_and_no_login() -> None:
    done = subprocess.run(
        [sys.executable, "serve.py"],
        cwd=ROOT,
        env={"MVM_ADDRESS": "0.0.0.0", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "nothing asks them for a login" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_password_file_is_its_owners_alone_and_holds_no_password(users: Path) -> None:
    assert stat.S_IMODE(users.stat().st_mode) == 0o600
    assert PASSWORD not in users.read_text()
    assert "$argon2id$" in users.read_text()
    assert set(read_accounts(users)) == {"anna", "eva"}


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": 2, "accounts": []}', '{"format": 1, "accounts": [{"name": "a"}]}']
)
def test_a_malformed_password_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "users.json"
    path.write_text(content)
    with pytest.raises(AccessError, match="malformed"):
        read_accounts(path)


def test_a_short_password_is_refused() -> None:
    with pytest.raises(AccessError, match="fewer than 12"):
        with_password(Account("anna", Role.READER), "short")


def test_the_command_adds_lists_and_removes_people(tmp_path: Path) -> None:
    path = tmp_path / "users.json"

    def run(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pages.access", *words, "--file", str(path)],
            cwd=ROOT, input=typed, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert run("add", "victor", "--role", "viewer", typed=f"{PASSWORD}\n").returncode == 0
    assert run("list").stdout == "victor\tviewer\tpassword\n"
    assert Guard(read_settings(None, {"MVM_USERS": str(path)})).log_in("victor", PASSWORD, "here") is not None
    short = run("add", "eva", typed="short\n")
    assert (short.returncode, "fewer than 12" in short.stderr) == (2, True)
    assert run("remove", "victor").returncode == 0
    assert json.loads(path.read_text())["accounts"] == []


def test_a_session_ends_when_its_user_is_idle() -> None:
    clock = Clock()
    sessions = Sessions(600, clock)
    token = sessions.begin(Person("anna", Role.READER))
    clock.now += 599
    assert sessions.person(token, touch=True) is not None
    clock.now += 599
    assert sessions.person(token) is not None
    clock.now += 1
    assert sessions.person(token) is None
    clock.now -= 600
    assert sessions.person(token) is None, "an ended session stays ended"


def test_too_many_wrong_passwords_lock_a_name_for_a_while(users: Path) -> None:
    clock = Clock()
    guard = Guard(read_settings(None, {"MVM_USERS": str(users)}), clock)
    for _ in range(MOST_FAILURES):
        assert guard.log_in("anna", "wrong", "10.0.0.1") is None
    assert guard.log_in("anna", PASSWORD, "10.0.0.2") is None, "locked"
    clock.now += WINDOW_S
    assert guard.log_in("anna", PASSWORD, "10.0.0.1") is not None


def test_one_address_that_tries_many_names_is_locked_too() -> None:
    clock = Clock()
    failures = Failures(clock)
    for number in range(25):
        assert not failures.is_locked(f"name {number}", "10.0.0.1")
        failures.count(f"name {number}", "10.0.0.1")
    assert failures.is_locked("another", "10.0.0.1")
    assert not failures.is_locked("another", "10.0.0.2")


def test_an_account_without_a_password_is_not_entered_with_one(users: Path) -> None:
    guard = Guard(read_settings(None, {"MVM_USERS": str(users)}))
    for tried in ("", "nobody's password"):
        assert guard.log_in("eva", tried, "10.0.0.1") is None


def test_who_is_removed_from_the_file_is_out_at_once(users: Path) -> None:
    guard = Guard(read_settings(None, {"MVM_USERS": str(users)}))
    token = guard.log_in("anna", PASSWORD, "10.0.0.1")
    assert token is not None
    assert guard.person(token) == Person("anna", Role.READER)
    write_accounts(users, {"eva": Account("eva", Role.VIEWER)})
    assert guard.person(token) is None
