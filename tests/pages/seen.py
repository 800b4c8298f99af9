"""All words that a page shows, gathered from what it sends to the browser."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

_SHOWN = {"body", "label", "options", "help", "placeholder", "alt", "content", "caption", "imgs", "text"}
_NAMES = {
    "study",
    "id",
    "view",
    "name",
    "names",
    "selected",
    "question",
    "read",
    "levels",
    "language",
    "locks",
}
_DATA = {"url", "bdata", "dtype"}
_PLOTTED = {"name", "text", "ticktext", "hovertemplate"}
_UNSEEN = re.compile(r"<style>.*?</style>|<[^>]*>|`[^`]*`|data:\S*|%?\{[^}]*\}|https?://\S+", re.DOTALL)
_ATTRIBUTES = re.compile(r'(?:aria-label|alt|title)="([^"]*)"')
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[A-Za-z]")


def texts_of(app: AppTest) -> list[str]:
    """Every text for people on the page: of widgets, tables, plots and the project's own components."""
    return [text for node in _nodes(app._tree) for text in _of_node(node) if text.strip()]


def words_in(text: str) -> list[str]:
    """The Latin words of a text, those read aloud too, without markup, code and file names."""
    seen = unescape(" ".join([_UNSEEN.sub(" ", text), *_ATTRIBUTES.findall(text)]))
    seen = re.sub(r"\S+\.(?:dcm|png|csv|json|md|zip|tiff?)\b|\b[a-f0-9]{8,}\b|\b[a-z]\d{6,}\S*", " ", seen)
    return _WORD.findall(seen)


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def _of_node(node: Any) -> Iterator[str]:
    sent = getattr(node, "proto", None)
    if not hasattr(sent, "DESCRIPTOR"):
        return
    told = MessageToDict(sent)
    yield from _strings({key: value for key, value in told.items() if key in _SHOWN})
    expandable = told.get("expandable", {})
    yield expandable.get("label", "")
    if "spec" in told:
        yield from _strings(json.loads(told["spec"]), of=_PLOTTED)
    if "json" in told:
        yield from _strings(json.loads(told["json"]), but=_NAMES)
    if "mixed" in told:
        yield from _strings(json.loads(told["mixed"].get("json", "{}")), but=_NAMES)


def _strings(
    value: Any,
    *,
    of: set[str] | None = None,
    but: frozenset[str] | set[str] = frozenset(),
    inside: bool = False,
) -> Iterator[str]:
    """The strings of a document: all but those under some names, or those under some names alone."""
    if isinstance(value, str):
        if of is None or inside:
            yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in but and key not in _DATA:
                yield from _strings(
                    each, of=of, but=but, inside=(inside and key != "font") or (of is not None and key in of)
                )
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each, of=of, but=but, inside=inside)
