"""Writing an evidence pack into a folder."""

from datetime import UTC, datetime
from pathlib import Path

from mvm_core.evidence.document import document
from mvm_core.evidence.pack import Pack, make_pack
from mvm_core.evidence.release import open_release
from mvm_core.evidence.tables import as_json, items_csv, needs_csv
from mvm_core.files import write_atomically

PDF, ITEMS, NEEDS, JSON = (
    "evidence_pack.pdf",
    "evidence_items.csv",
    "clinical_validation.csv",
    "evidence_pack.json",
)


def write_pack(weights: Path, out: Path) -> tuple[Pack, tuple[Path, ...]]:
    """Fill the checklists from a weights folder and write them as PDF, CSV and JSON.

    Returns
    -------
    Pack
    tuple of Path
        The files written.

    Raises
    ------
    WeightsError
        If the weights, or a file beside them, are damaged.
    TableError
        If a table beside them is unfit.
    OutputError
        If `out` cannot be written.
    """
    pack, date = make_pack(open_release(weights)), datetime.now(UTC)
    # All are made before the first is written.
    contents = {
        PDF: document(pack, date),
        ITEMS: items_csv(pack, date).encode(),
        NEEDS: needs_csv(pack, date).encode(),
        JSON: as_json(pack, date).encode(),
    }
    return pack, tuple(write_atomically(out / name, content) for name, content in contents.items())
