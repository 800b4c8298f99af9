"""The evidence pack as tables for programs."""

import json
from datetime import datetime
from typing import Any

import pandas as pd

from mvm_core.evidence.pack import Pack
from mvm_core.provenance import Provenance, with_head


def items_csv(pack: Pack, date: datetime) -> str:
    """A row for every item, below commented lines that say of what it is."""
    return with_head(pd.DataFrame(_items(pack)).to_csv(index=False), _provenance(pack, date).lines())


def needs_csv(pack: Pack, date: datetime) -> str:
    """A row for everything that a clinical validation still needs."""
    table = pd.DataFrame([vars(need) for need in pack.needs])
    return with_head(table.to_csv(index=False), _provenance(pack, date).lines())


def as_json(pack: Pack, date: datetime) -> str:
    """All of it in one object: `weights, notice, date, checklists, items, clinical_validation`."""
    return json.dumps(
        {
            "weights": pack.identity,
            "notice": pack.notice,
            "date": f"{date:%Y-%m-%d}",
            "checklists": [vars(checklist) for checklist in pack.checklists],
            "items": [{**row, "files": row["files"].split()} for row in _items(pack)],
            "clinical_validation": [vars(need) for need in pack.needs],
        },
        indent=2,
    )


def _items(pack: Pack) -> list[dict[str, Any]]:
    return [
        {
            "checklist": each.item.checklist,
            "number": each.item.number,
            "section": each.item.section,
            "asks": each.item.asks,
            "status": each.status.value,
            "answer": each.answer,
            "missing": each.missing,
            "files": " ".join(each.files),
        }
        for each in pack.items
    ]


def _provenance(pack: Pack, date: datetime) -> Provenance:
    return Provenance(notice=pack.notice, weights=pack.identity, date=f"{date:%Y-%m-%d}")
