"""Films whose text is doubtful, for what a person does with them."""

import io
from pathlib import Path

import cv2
import numpy as np
import pydicom
from films_with_text import with_text

from mvm_core.deidentification import BurntInText, Key, TextFinder
from mvm_core.imaging import StudyFile, read_film
from mvm_core.radiograph import Box

KEY = Key(b"a secret of the hospital")
INKED, UNREAD = "50 50 480 105", "300 400 380 440"


class Unsure(TextFinder):
    """Is unsure of the line that was written, and of a part of the spine."""

    def __init__(self) -> None:
        super().__init__(None)

    def find(self, stored: np.ndarray) -> tuple[BurntInText, ...]:
        boxes = (Box(*map(float, said.split())) for said in (INKED, UNREAD))
        return tuple(BurntInText(box, score) for box, score in zip(boxes, (0.4, 0.0), strict=True))


def folder_of(films: Path, pair: tuple[StudyFile, StudyFile]) -> Path:
    """Two DICOM films of a patient and a picture, each with a line of text."""
    films.mkdir(parents=True)
    for file in pair:
        content, _ = with_text(file.content, "LIN MEI-HUA 1953")
        data = pydicom.dcmread(io.BytesIO(content))
        data.PatientID = data.PatientName = "LIN^MEI-HUA"
        data.save_as(films / file.name)
    picture = np.round(read_film(with_text(pair[0].content, "LIN")[0]).pixels * 255).astype(np.uint8)
    cv2.imwrite(str(films / "picture.png"), picture)
    return films
