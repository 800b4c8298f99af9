"""Figures of archives: `python tests/archive many|memory|process|pace|batches`, alone on a quiet machine."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]
# Ray's processes import the work that they are given.
os.environ["PYTHONPATH"] = os.pathsep.join([*sys.path[:2], os.environ.get("PYTHONPATH", "")])


def main() -> None:
    """Run one and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    many = kinds.add_parser("many", help="many films through three Ray nodes, one and the driver lost")
    many.add_argument("--films", type=int, default=2000)
    many.add_argument("--hostile", type=int, default=20)
    memory = kinds.add_parser("memory", help="gigabytes of films through a bound on memory")
    memory.add_argument("--gigabytes", type=float, default=10)
    memory.add_argument("--bound", type=float, default=2)
    memory.add_argument("--workers", type=int, default=2)
    memory.add_argument("--side", type=int, default=5000, help="pixels along a film's longer side")
    process = kinds.add_parser("process", help="what one process takes, by the films' size")
    process.add_argument("--sides", default="1000,2400,5000,7000")
    pace = kinds.add_parser("pace", help="films a second beside the plain loop")
    pace.add_argument("--films", type=int, default=60)
    pace.add_argument("--rounds", type=int, default=3)
    pace.add_argument("--workers", default="1,2")
    pace.add_argument("--ray", action="store_true")
    batches = kinds.add_parser("batches", help="tasks of 32 cases beside tasks of one, by one process")
    batches.add_argument("--films", type=int, default=128)
    batches.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        # found by the path above
        if asked.kind == "many":
            from many_films import run_many

            found: object = run_many(base, asked.films, asked.hostile)
        elif asked.kind == "memory":
            from memory import run_memory

            found = run_memory(base, asked.gigabytes, asked.bound, asked.workers, asked.side)
        elif asked.kind == "process":
            from process_memory import run_each

            found = run_each(base, [int(each) for each in asked.sides.split(",")])
        else:
            from films import write_archive
            from pace import measure, measure_batches

            write_archive(base / "films", asked.films, 0)
            if asked.kind == "batches":
                print(json.dumps(measure_batches(base / "films", asked.rounds), indent=1))
                return
            workers = [int(each) for each in asked.workers.split(",")]
            found = measure(base / "films", asked.rounds, workers, asked.ray)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
