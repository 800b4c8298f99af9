"""The language of what is written for people: English, as in the code, or a translation from a catalogue.

A text for people is marked where it stands: ``gettext("Read in {seconds:.1f} s", seconds=1.2)``. What is
marked is the key of a catalogue in GNU gettext's form beside this module, ``locale/LANGUAGE.po``; what a
catalogue lacks stays English. The command line asks for no language and so speaks English.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

ENGLISH, TAIWAN = "en", "zh-TW"
"""The languages, by their tags of BCP 47."""

LANGUAGES = {ENGLISH: "English", TAIWAN: "正體中文"}
"""Each language by its own name."""

FOLDER = Path(__file__).with_name("locale")

Class = TypeVar("Class")

_spoken: ContextVar[str | None] = ContextVar("language", default=None)
_asked: list[Callable[[], str]] = []


def language() -> str:
    """The language in use: that of `speaking`, else what the function given to `ask` says, else English."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    return _asked[-1]() if _asked else ENGLISH


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Write for people in one language within the block.

    Parameters
    ----------
    chosen : str
        One of `LANGUAGES`.
    """
    token = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


def ask(asker: Callable[[], str]) -> None:
    """Let a function say which language is in use where `speaking` does not; the pages give theirs."""
    _asked[:] = [asker]


def nearest(tag: str | None) -> str:
    """The language of `LANGUAGES` for what a browser asks for: any Chinese gets the traditional one.

    Parameters
    ----------
    tag : str or None
        Such as ``zh-Hant-TW``; None where nothing is known.
    """
    return TAIWAN if (tag or "").lower().split("-")[0] == "zh" else ENGLISH


def gettext(message: str, **values: object) -> str:
    """A text in the language in use, with its values put in.

    Parameters
    ----------
    message : str
        In English, with ``{names}`` for values as `str.format` takes them.
    **values
        For each name; a text without values is taken as it is.
    """
    text = catalogue(language()).get(message, message)
    return text.format(**values) if values else text


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """A text that counts something; `count` is put in beside the other values.

    Parameters
    ----------
    one, many : str
        In English, for a count of one and for any other.
    count : int
    **values
    """
    text = catalogue(language()).get(one) or (one if count == 1 else many)
    return text.format(count=count, **values)


def gettext_noop(message: str) -> str:
    """The text itself: marks one that is translated later, by `gettext` where it is shown."""
    return message


def capital(text: str) -> str:
    """The text with a capital at its head."""
    return text[:1].upper() + text[1:]


@cache
def catalogue(of: str) -> Mapping[str, str]:
    """A language's texts by the English ones; empty for English and where there is no catalogue."""
    path = FOLDER / f"{of}.po"
    return read_po(path.read_text(encoding="utf-8")) if of in LANGUAGES and path.is_file() else {}


def read_po(text: str) -> dict[str, str]:
    """Texts by their keys, of a catalogue without contexts and with one plural form.

    Read as it is written, so that no compiled copy can fall behind it.
    """
    found: dict[str, str] = {}
    for entry in text.split("\n\n"):
        parts: dict[str, str] = {}
        keyword = ""
        for line in entry.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                keyword, _, line = line.partition(" ")
            parts[keyword] = parts.get(keyword, "") + ast.literal_eval(line)
        told = parts.get("msgstr") or parts.get("msgstr[0]", "")
        if parts.get("msgid") and told:
            found[parts["msgid"]] = told
    return found


def translated(*names: str) -> Callable[[type[Class]], type[Class]]:
    """Decorate a dataclass whose named fields are given English texts and tell them in the language in use.

    Written above ``@dataclass``; the texts are marked by `gettext_noop` where they are given, and stay in the
    instance's ``vars``.
    """

    def decorate(of: type[Class]) -> type[Class]:
        for name in names:
            setattr(of, name, _Translated(name))
        return of

    return decorate


class _Translated:
    """A field that keeps English and tells a translation; a tuple of texts one by one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        words = vars(instance)[self._name]
        return gettext(words) if isinstance(words, str) else tuple(map(gettext, words))

    def __set__(self, instance: object, words: str | tuple[str, ...]) -> None:
        vars(instance)[self._name] = words
