"""The part of a model card that tells how well vertebrae are found on the films of the sealed test."""

from typing import Any

from mvm_core.finding_totals import LENGTHS_AND_GRADES, level_right_in_words
from mvm_core.radiograph import View
from mvm_core.sealed import Seal
from mvm_core.study.tables import markdown
from mvm_core.validation.rates import rate_text, rate_with_interval


def finding_on_sealed(seal: Seal) -> list[str]:
    """The section, in parts; empty where the record tells nothing of it."""
    if not seal.finding:
        return []
    columns = {
        f"{site}, {View(view).label}": _told(own)
        for site, views in seal.finding.items()
        for view, own in views.items()
    }
    names = list(dict.fromkeys(name for told in columns.values() for name in told))
    rows = [[name, *(told.get(name, "") for told in columns.values())] for name in names]
    return [
        "### Vertebrae, found and measured\n\n"
        + markdown(["Figure", *(f"Site {column}" for column in columns)], rows)
        + "\n\nFound: centre within half a body height. Heights: of six points, on lateral films, which for "
        "Genant's grade are held against both neighbours. The ruler is what the vertebrae alone tell of the "
        "size of a pixel."
    ]


def _told(own: dict[str, Any]) -> dict[str, str]:
    told = {
        "Films": str(own["films"]),
        "Vertebrae found": rate_text(rate_with_interval(own["found"], own["marked"])),
        "False a film": f"{own['false_per_film']:.2f}",
        "Films refused": str(own["refused"]),
        "Level right": level_right_in_words(own),
        **(
            {"Level right, sacrum or T12 in view": level_right_in_words(own, with_landmark=True)}
            if own.get("found_with_landmark") != own["found"]
            else {}
        ),
        **({"Bodies graded": str(own["graded"])} if own.get("graded") else {}),
    }
    return told | {
        title[0].upper() + title[1:]: f"{own[key]:.{digits}f}{unit}"
        for key, title, digits, unit in LENGTHS_AND_GRADES
        if own[key] is not None
    }
