"""How long a person waits for the pages, in Chromium: `python tests/pace`.

Starts the app anew for each repeat, since the first of each kind is the slowest, and prints medians beside
the aims. Nothing fails here: figures of a busy machine say nothing, so run it in a quiet moment.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "load"), str(HERE.parent), str(HERE.parents[1])]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    # found by the path above
    from waits import measure, table

    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), given.repeats)
    print(json.dumps(found, indent=2) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
