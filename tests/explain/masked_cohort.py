"""A cohort of four cases whose lesions are known: two of the tune split, two of the test split."""

import csv
from pathlib import Path

import cv2
import numpy as np

from mvm_core.cohort import MANIFEST_COLUMNS

MASKS = ("ap_lesion_mask", "ap_vertebra_mask")


def write_masked_cohort(folder: Path, *, masks: bool = True) -> Path:
    folder.mkdir()
    draw = np.random.default_rng(0)
    rows = []
    for number, (split, label) in enumerate(
        [("tune", "mvm"), ("tune", "bvf"), ("test", "mvm"), ("test", "bvf")]
    ):
        row = {"case_id": f"p{number}", "site": "here", "split": split, "label": label, "sign": ""}
        row |= {"reference_standard": "MRI", "level": "L1", "ap_box": "40 40 160 160", "ap": f"p{number}.png"}
        film = draw.integers(60, 200, (200, 200)).astype(np.uint8)
        cv2.imwrite(str(folder / row["ap"]), cv2.GaussianBlur(film, (0, 0), 3))
        for name, radius in zip(MASKS, (20, 45), strict=True):
            if masks:
                row[name] = f"p{number}_{name}.png"
                mask = cv2.circle(np.zeros((200, 200), np.uint8), (100, 100), radius, 255, -1)
                cv2.imwrite(str(folder / row[name]), mask)
        rows.append(row)
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, (*MANIFEST_COLUMNS, *MASKS), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return folder
