"""The evidence pack as one PDF, by typst."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from mvm_core.evidence.pack import Checklist, FilledItem, Pack, Status

_TEMPLATE = Path(__file__).with_name("document.typ")
_TITLE = "Evidence pack"
_WHAT = (
    "Every item of four checklists, filled from the files of the release and nothing else: where they do not "
    "hold an answer it is missing. Nothing here was checked by an authority."
)
_SHORT = 12


def document(pack: Pack, date: datetime) -> bytes:
    """Set a pack as a PDF file.

    Parameters
    ----------
    pack : Pack
    date : datetime
        Of the making, with a zone.
    """
    setter = typst.Compiler(
        str(_TEMPLATE),
        root=str(_TEMPLATE.parent),
        sys_inputs={"data": json.dumps(_content(pack, date))},
        ignore_system_fonts=True,
    )
    pdf: Any = setter.compile(format="pdf", timestamp=date.replace(microsecond=0))
    return pdf


def _content(pack: Pack, date: datetime) -> dict[str, Any]:
    return {
        "title": _TITLE,
        "notice": pack.notice,
        "what": f"{_WHAT} Weights {pack.identity} (SHA-256 of the manifest).",
        "short": f"weights {pack.identity[:_SHORT]}",
        "date": f"{date:%Y-%m-%d}",
        "counts": [
            [
                checklist.title,
                str(len(pack.of(checklist))),
                *(str(pack.count(checklist, status)) for status in Status),
            ]
            for checklist in pack.checklists
        ],
        "needs": [vars(need) for need in pack.needs],
        "checklists": [_checklist(checklist, pack.of(checklist)) for checklist in pack.checklists],
    }


def _checklist(checklist: Checklist, items: tuple[FilledItem, ...]) -> dict[str, Any]:
    sections = dict.fromkeys(each.item.section for each in items)
    return {
        "title": checklist.title,
        "source": checklist.source,
        "verified": checklist.verified,
        "sections": [
            {"title": section, "rows": [_row(each) for each in items if each.item.section == section]}
            for section in sections
        ],
    }


def _row(each: FilledItem) -> dict[str, Any]:
    return {
        "number": each.item.number,
        "asks": each.item.asks,
        "status": each.status.value,
        "answer": each.answer,
        "missing": each.missing,
        "files": list(each.files),
    }
