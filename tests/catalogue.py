"""The texts that the code marks, against the catalogue: `python tests/catalogue.py` brings it up to date.

New texts come in without a translation, those that no code holds any more go.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "mvm_core" / "locale"
_MARKS = {"gettext", "gettext_noop", "ngettext"}
Marked = dict[tuple[str, ...], list[str]]


def sources() -> list[Path]:
    """All files that may hold texts for people."""
    return [
        ROOT / "app.py",
        *sorted((ROOT / "mvm_core").rglob("*.py")),
        *sorted((ROOT / "pages").rglob("*.py")),
    ]


def marked_in(source: str) -> Iterator[tuple[str, ...]]:
    """The marked texts of a file, those within f-strings too; one that counts with its plural."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKS:
            texts = node.args[: 2 if node.func.id == "ngettext" else 1]
            if all(isinstance(each, ast.Constant) for each in texts):
                yield tuple(each.value for each in texts)


def marked() -> Marked:
    """Every marked text and the files that hold it."""
    found: Marked = {}
    for path in sources():
        for texts in marked_in(path.read_text(encoding="utf-8")):
            found.setdefault(texts, []).append(path.relative_to(ROOT).as_posix())
    return found


def placeholders(text: str) -> set[str]:
    """What stands in braces."""
    return set(re.findall(r"\{[^{}]*\}", text))


def update(path: Path) -> None:
    """Write a catalogue anew with what the code marks now."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    with path.open("rb") as file:
        before = read_po(file)
    after = Catalog(path.stem.replace("-", "_"), header_comment=before.header_comment, fuzzy=False)
    after.creation_date = after.revision_date = before.creation_date
    for texts, files in sorted(marked().items(), key=lambda each: (min(each[1]), each[0])):
        kept = before.get(texts[0])
        told = kept.string if kept is not None else ""
        told = told if isinstance(told, str) else told[0]
        counted = len(texts) > 1
        after.add(
            texts if counted else texts[0],
            (told,) if counted else told,
            locations=[(name, None) for name in sorted(set(files))],
        )
    with path.open("wb") as file:
        write_po(file, after, width=110)


if __name__ == "__main__":
    for catalogue in FOLDER.glob("*.po"):
        update(catalogue)
    sys.exit(0)
