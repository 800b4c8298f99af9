"""Who is let in: accounts, sessions and wrong passwords, without a word of HTTP."""

import threading

from mvm_core.errors import MvmError
from mvm_core.records import is_on
from pages.access.accounts import Account, Role, is_right, read_accounts
from pages.access.logs import log
from pages.access.provider import Vouchers
from pages.access.sessions import Clock, Failures, Person, Sessions
from pages.access.settings import Settings


class Guard:
    """Decides who enters; may be used from several threads.

    Parameters
    ----------
    settings : Settings
    clock : callable, optional
        Seconds.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        clocks = () if clock is None else (clock,)
        self.settings = settings
        self.sessions = Sessions(settings.idle_s, *clocks)
        self._failures = Failures(*clocks)
        self._vouchers = Vouchers()
        # Each check of a password takes 64 MB for a moment.
        self._one_at_a_time = threading.Lock()

    def accounts(self) -> dict[str, Account]:
        """Who may enter, as the password file says now."""
        return read_accounts(self.settings.users) if self.settings.users is not None else {}

    @property
    def with_password(self) -> bool:
        """Whether a password lets anybody in."""
        return any(account.password for account in self.accounts().values())

    def log_in(self, name: str, password: str, address: str) -> str | None:
        """Begin a session with a password; gives its token, None where nobody is let in."""
        account = self.accounts().get(name)
        # Names that nobody has stay out of the log: people type passwords there.
        known = name if account is not None else None
        if self._failures.is_locked(name, address):
            log("login refused", user=known, reason="too many failures")
            return None
        with self._one_at_a_time:
            right = is_right(account, password)
        if not right or account is None:
            self._failures.count(name, address)
            log("login refused", user=known, reason="wrong name or password")
            return None
        self._failures.forget(name)
        log("login", user=name, way="password")
        _record_login(name)
        return self.sessions.begin(Person(account.name, account.role))

    def vouched(self, cookies: dict[str, str]) -> str | None:
        """Begin a session for whom the provider has just vouched; gives its token."""
        name = self._vouchers.name(cookies) if self.settings.provider is not None else None
        if name is None:
            return None
        role = Role.READER
        if self.settings.users is not None:
            account = self.accounts().get(name)
            if account is None:
                log("login refused", reason="not in the password file")
                return None
            role = account.role
        log("login", user=name, way="provider")
        _record_login(name)
        return self.sessions.begin(Person(name, role))

    def person(self, token: str, touch: bool = False) -> Person | None:
        """Whose session it is; None where it has ended, or its account was removed."""
        person = self.sessions.person(token, touch) if token else None
        if person is None or self.settings.users is None:
            return person
        account = self.accounts().get(person.name)
        return Person(account.name, account.role) if account is not None else None


def _record_login(name: str) -> None:
    """Note a login in the trail of the record, where one is kept."""
    if is_on():
        from mvm_core.records.shared import open_shared

        try:
            open_shared().note("login", name)
        except MvmError as error:
            # Nobody is kept from the films by a record out of reach; the pages say that it is.
            log("record", error=str(error))
