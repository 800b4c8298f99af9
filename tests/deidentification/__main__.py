"""How much burnt-in text is found, and what is taken for text: python tests/deidentification FOLDER..."""

import argparse
import sys
from collections import Counter
from dataclasses import astuple
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from burnt_in_trials import Planted, is_covered, plant, trial  # noqa: E402

from mvm_core.deidentification import BurntInText, TextFinder  # noqa: E402
from mvm_core.deidentification.likeness import rows_of_marks  # noqa: E402
from mvm_core.errors import FilmError  # noqa: E402
from mvm_core.imaging import read_film  # noqa: E402


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--films", type=int, default=60, help="of each folder")
    parser.add_argument("--lines", type=int, default=3, help="trials on each film")
    parser.add_argument(
        "--half", choices=("choose", "judge"), help="every other film: thresholds were chosen on one"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, help="of all letters, in pixels")
    parser.add_argument(
        "--second-look", action="store_true", help="by likeness alone; what it misses is read"
    )
    asked = parser.parse_args()
    finder, draw = TextFinder.open(), np.random.default_rng(asked.seed)
    for folder in asked.folders:
        told: Counter[str] = Counter()
        by_size: dict[int, Counter[str]] = {}
        without: Counter[str] = Counter()
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        if asked.half:
            paths = paths[asked.half == "judge" :: 2]
        number = 0
        for path in [paths[at] for at in draw.permutation(len(paths))]:
            if sum(without.values()) >= asked.films:
                break
            try:
                image = np.round(read_film(path).pixels * 255).astype(np.uint8)
            except FilmError:
                continue
            texts = _by_likeness(image) if asked.second_look else finder.find(image)
            doubtful = any(text.doubtful for text in texts)
            without["held back" if doubtful else "painted" if texts else "clean"] += 1
            if texts:
                print(
                    f"  {path.name}: {[tuple(map(round, astuple(text.box))) for text in texts]}", flush=True
                )
                continue
            for _ in range(asked.lines):
                if asked.second_look:
                    planted = plant(image, number, draw, asked.size)
                    outcome = "held back" if _is_seen(planted) else f"read: {_read(planted, finder)}"
                else:
                    planted, outcome = trial(image, number, draw, finder, asked.size)
                number += 1
                told[outcome] += 1
                by_size.setdefault(planted.size, Counter())[outcome] += 1
        print(folder)
        print(f"  films as they are: {dict(without)}")
        print(f"  planted lines: {dict(told)}")
        for size, counts in sorted(by_size.items()):
            print(f"    letters of {size} pixels: {dict(counts)}")


def _by_likeness(image: np.ndarray) -> list[BurntInText]:
    return [BurntInText(box, 0.0) for box in rows_of_marks(image)]


def _is_seen(planted: Planted) -> bool:
    x0, y0, x1, y1 = planted.box
    return any(
        min(x1, row.x1) > max(x0, row.x0) and min(y1, row.y1) > max(y0, row.y0)
        for row in rows_of_marks(planted.image)
    )


def _read(planted: Planted, finder: TextFinder) -> str:
    texts = finder.find(planted.image)
    if is_covered(planted, texts):
        return "found"
    return "held back" if any(text.doubtful for text in texts) else "missed"


if __name__ == "__main__":
    main()
