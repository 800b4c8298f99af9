"""Tables beside the weights that come from patients simulated for them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mvm_core.errors import TableError
from mvm_core.files import write_atomically
from mvm_core.simulation import PatientRequest

COMMAND = "python -m mvm_core explain-findings"
PROVENANCE = ("site", "seed", "weights")


@dataclass(frozen=True)
class Source:
    """Whom a table was made of, and which weights.

    Attributes
    ----------
    site : str
        Of `SITES`.
    seed : int
    weights : str
        The first twelve digits of their identity.
    """

    site: str
    seed: int
    weights: str

    def request(self, index: int, label: str) -> PatientRequest:
        """The request of one patient."""
        return PatientRequest(self.seed, index, label, site=self.site)  # type: ignore[arg-type]


def write_table(path: Path, table: pd.DataFrame, source: Source) -> Path:
    """Write a table as CSV, with its source in every row.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    named = table.assign(site=source.site, seed=source.seed, weights=source.weights)
    return write_atomically(path, named.to_csv(index=False, float_format="%.4g").encode())


def read_table(
    path: Path,
    columns: tuple[str, ...],
    weights: str,
    *,
    provenance: tuple[str, ...] = PROVENANCE,
    command: str = COMMAND,
) -> pd.DataFrame | None:
    """Read a table that lies beside the weights; None where there is none, or it is of other weights.

    Parameters
    ----------
    columns : tuple of str
        Which the table has besides its source.
    weights : str
        The first twelve digits of the identity of the weights in use.
    provenance : tuple of str
        Columns that tell the source, ``weights`` among them; those of `write_table` where not given.
    command : str
        That makes the table anew.

    Raises
    ------
    TableError
        If it is no such table.
    """
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(("weights", "site", "cohort"), "str"))
        missing = [name for name in (*columns, *provenance) if name not in table.columns]
    except (ValueError, OSError, pd.errors.ParserError):
        missing = list(columns)
    if missing:
        raise TableError(str(path), [f"column {missing[0]} is missing"], f"make it anew with {command}")
    own = table[table["weights"] == weights]
    return None if own.empty else own
