"""Many sessions at once, driven from other processes: `python tests/load --sessions 20`, or `--readers 20`.

Prints how long each waited, and ends with code 1 where a reading was wrong, or in the wrong session or name.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]


def main() -> int:
    """Run the crowd."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--hostile", type=int, default=2, help="sessions beside them that drop endless files")
    parser.add_argument("--readers", type=int, help="instead, so many readers of one study")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    # found by the path above
    import study_readers
    from crowd import crowd, expected, films_of, told

    if given.readers:
        found = study_readers.crowd(given.readers)
        print(json.dumps(found, indent=2) if given.json else study_readers.told(found))
        return 1 if found["wrong"] else 0
    cases = films_of(4)
    said = crowd(cases, expected(cases), given.sessions, given.hostile)
    print(json.dumps(said, indent=2) if given.json else told(said))
    return 1 if said["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
