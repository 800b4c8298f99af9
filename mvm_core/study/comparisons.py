"""The study's tests: ensemble against single reading, internal against external, setting against setting."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import pandas as pd

from mvm_core.models.registry import ENSEMBLES
from mvm_core.study.choice import best_readings
from mvm_core.study.results import SPLITS
from mvm_core.validation.comparisons import paired_delong, unpaired_delong

COLUMNS = ("test", "cell", "split", "a", "b", "difference", "low", "high", "statistic", "p", "n")
_CASE = ["site", "case_id"]
_Row = tuple[str, str, str, str, str, float, float | None, float | None, float | None, float | None, int]


def comparisons_table(cells: Mapping[str, pd.DataFrame], released: str) -> pd.DataFrame:
    """Work out every comparison of areas under the ROC curve.

    ``paired``: the best ensemble against the best single reading, both chosen on the tune split, in the
    released cell (DeLong). ``unpaired``: each reading of it, test against external split (DeLong, Welch's
    t). ``settings``: the ensemble of most readings, cell against cell, over the same cases (DeLong).

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; ``difference`` is a less b.
    """
    table = cells[released]
    rows = [*_ensemble_against_single(released, table), *_internal_against_external(released, table)]
    rows += _setting_against_setting(cells)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def readings_compared(a: tuple[str, pd.DataFrame], b: tuple[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare every reading of two cells, split by split, over the same cases (DeLong); the test is ``maps``.

    Parameters
    ----------
    a, b : tuple of str and DataFrame
        Name and predictions of each cell.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, with the reading as ``cell``; ``difference`` is a less b.
    """
    rows = [
        row
        for split in SPLITS
        for model in dict.fromkeys(a[1]["model"])
        for row in _of_two_cells("maps", a, b, (str(model), split))
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _ensemble_against_single(cell: str, table: pd.DataFrame) -> Iterator[_Row]:
    ensemble, single = best_readings(table)
    if ensemble is None or single is None:
        return
    for split in SPLITS:
        part = table[table["split"] == split]
        row = _paired(
            "paired", (cell, split), (ensemble, _scores(part, ensemble)), (single, _scores(part, single))
        )
        if row is not None:
            yield row


def _setting_against_setting(cells: Mapping[str, pd.DataFrame]) -> Iterator[_Row]:
    for split in SPLITS:
        for a, b in combinations(cells, 2):
            model = next((name for name in reversed(ENSEMBLES) if name in set(cells[a]["model"])), None)
            if model is not None:
                yield from _of_two_cells("settings", (a, cells[a]), (b, cells[b]), (model, split))


def _of_two_cells(
    test: str, a: tuple[str, pd.DataFrame], b: tuple[str, pd.DataFrame], where: tuple[str, str]
) -> Iterator[_Row]:
    model, split = where
    first, second = (_scores(table[table["split"] == split], model) for _, table in (a, b))
    row = _paired(test, where, (a[0], first), (b[0], second))
    if row is not None:
        yield row


def _internal_against_external(cell: str, table: pd.DataFrame) -> Iterator[_Row]:
    for model in dict.fromkeys(table["model"]):
        parts = [
            table[(table["model"] == model) & (table["split"] == split)] for split in ("test", "external")
        ]
        if all(part["label"].nunique() == 2 for part in parts):
            (inside, inside_scores), (outside, outside_scores) = (
                (part["label"].eq("mvm"), part["probability"]) for part in parts
            )
            test = unpaired_delong(inside, inside_scores, outside, outside_scores)
            low, high = test.ci95 or (None, None)
            n = len(parts[0]) + len(parts[1])
            yield (
                "unpaired",
                cell,
                str(model),
                "test",
                "external",
                test.difference,
                low,
                high,
                test.d,
                test.p,
                n,
            )


def _scores(part: pd.DataFrame, model: str) -> pd.DataFrame:
    return part[part["model"] == model].set_index(_CASE)[["label", "probability"]]


def _paired(
    name: str, where: tuple[str, str], a: tuple[str, pd.DataFrame], b: tuple[str, pd.DataFrame]
) -> _Row | None:
    both = a[1].join(b[1]["probability"].rename("other"), how="inner")
    if both["label"].nunique() != 2:
        return None
    test = paired_delong(both["label"].eq("mvm"), both["probability"], both["other"])
    low, high = test.ci95 or (None, None)
    return (name, *where, a[0], b[0], test.difference, low, high, test.z, test.p, test.n)
