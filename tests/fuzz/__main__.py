"""python -m tests.fuzz --files 20000: damage files, read them, say what became of them."""

import argparse
import json
import sys
import warnings
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from tests.fuzz.attempt import attempt
from tests.fuzz.hostile import hostile
from tests.fuzz.mutation import damaged
from tests.fuzz.seeds import seeds


def main() -> None:
    """Print the outcome as JSON; the exit code is 1 where anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="how many files are damaged")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--hand-made", action="store_true", help="those made by hand alone")
    parser.add_argument("--quick", action="store_true", help="without those made by hand to be endless")
    parser.add_argument("--keep", type=Path, help="write the files into this folder instead of reading them")
    parser.add_argument("--each", action="store_true", help="say of each file what became of it")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of what is written on purpose
    files: Iterator[tuple[str, bytes]] = hostile()
    if options.quick:
        files = (file for file in files if "endless" not in file[0])
    if not options.hand_made:
        drawn = damaged(seeds(), options.first + options.files, options.seed)
        files = chain(files if options.first == 0 else (), islice(drawn, options.first, None))
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        for name, content in files:
            (options.keep / name).write_bytes(content)
        return
    outcome = attempt(files, options.each)
    print(json.dumps(outcome.as_dict(), indent=2))
    sys.exit(1 if outcome.wrong else 0)


main()
