"""Study files and cohorts of names alone, written for the tests."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mvm_core.cohort import MANIFEST_COLUMNS
from mvm_core.simulation import CohortRequest
from mvm_core.simulation import write_cohort as write_simulated_cohort

Make = Callable[..., Path]


def write_cohort(folder: Path, mvm: int, bvf: int, intact: int = 0) -> Path:
    """A cohort whose films are empty files."""
    folder.mkdir()
    (folder / "film.png").touch()
    labels = ["mvm"] * mvm + ["bvf"] * bvf + ["intact"] * intact
    rows = [
        f"c{number:03d},a,test,{label},{'sign' if label == 'mvm' and number % 2 else ''},L2,70,F,simulated,"
        "film.png,,1 1 2 2,"
        for number, label in enumerate(labels)
    ]
    (folder / "manifest.csv").write_text("\n".join([",".join(MANIFEST_COLUMNS), *rows]))
    return folder


def study_text(
    readers: int = 3, head: str = "", cases: str = "mvm = 4\nbvf = 4", practice: str = "mvm = 1\nbvf = 1"
) -> str:
    people = "".join(
        f'[[readers]]\nname = "Reader {number}"\ncode = "code-{number}"\n' for number in range(readers)
    )
    design = "" if "design" in head else 'design = "unaided-then-aided"\n'
    return (
        f'title = "Trial"\nseed = 5\norganiser_code = "chief-code"\n{design}{head}\n'
        f'[cases]\nfolder = "cohort"\n{cases}\n[practice]\n{practice}\n{people}'
    )


def simulate_small_cohort(folder: Path) -> Path:
    """Three simulated patients with MVM and two with BVF; too few for several splits, so all of one."""
    write_simulated_cohort(folder, CohortRequest("a", patients=5, mvm=3, seed=11))
    manifest = folder / "manifest.csv"
    pd.read_csv(manifest, dtype=str, keep_default_na=False).assign(split="test").to_csv(manifest, index=False)
    return folder
