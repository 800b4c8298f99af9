"""Several external sites told apart: the split ``external`` of a table by site."""

import pandas as pd

from mvm_core.language import gettext, gettext_noop

EXTERNAL = gettext_noop("external")
MOST_SITES = 3
"""More external sites than these stay one cohort: so many curves in one figure nobody can tell apart."""

_OF_SITE = f"{EXTERNAL} site "


def external_by_site(table: pd.DataFrame) -> pd.DataFrame:
    """A predictions table, or one of levels, with a split for each external site, as ``external site b``.

    The table itself where its external cases are of one site, of more than `MOST_SITES`, or where one of them
    names no site.
    """
    outside = table["split"] == EXTERNAL
    sites = table.loc[outside, "site"].unique().tolist() if "site" in table.columns else []
    if not 2 <= len(sites) <= MOST_SITES or "" in sites:
        return table
    return table.assign(split=table["split"].where(~outside, _OF_SITE + table["site"].astype(str)))


def is_external(split: str) -> bool:
    """Whether a split is of another site than the networks were trained on."""
    return split == EXTERNAL or split.startswith(_OF_SITE)


def external_title(split: str) -> str:
    """The name of an external split for people."""
    return (
        gettext("external, site {site}", site=split.removeprefix(_OF_SITE))
        if split.startswith(_OF_SITE)
        else split
    )
