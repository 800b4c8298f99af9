"""Films with a line of text in their image."""

import io

import cv2
import numpy as np
import pydicom


def with_text(film: bytes, text: str) -> tuple[bytes, tuple[int, int, int, int]]:
    """A DICOM film with a bright line near its upper edge, and the line's box."""
    data = pydicom.dcmread(io.BytesIO(film))
    pixels = data.pixel_array.copy()
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 3)
    x, y = 60, 60 + height
    ink = np.zeros(pixels.shape, np.uint8)
    cv2.putText(ink, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    pixels[ink > 0] = pixels.max()
    data.PixelData = pixels.tobytes()
    kept = io.BytesIO()
    data.save_as(kept)
    return kept.getvalue(), (x, y - height, x + width, y + below)
