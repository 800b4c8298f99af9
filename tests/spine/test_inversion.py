"""Films with black and white exchanged."""

import numpy as np
import pytest
from bodies import column

from mvm_core.spine import Vertebra
from mvm_core.spine.inversion import brighter_than_beside, white_frame


@pytest.fixture
def film() -> tuple[np.ndarray, list[Vertebra]]:
    vertebrae = [Vertebra("L1", 1.0, 1.0, each.corners) for each in column("T10", 5)]
    pixels = np.full((240, 200), 0.3, np.float32)
    pixels[:, :30] = 0.0
    for vertebra in vertebrae:
        box = vertebra.box()
        pixels[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)] = 0.6
    return pixels, vertebrae


def test_bone_is_brighter_than_what_lies_beside_it_unless_the_film_is_inverted(
    film: tuple[np.ndarray, list[Vertebra]],
) -> None:
    pixels, vertebrae = film
    assert brighter_than_beside(pixels, vertebrae) == pytest.approx(0.3, abs=0.05)
    assert brighter_than_beside(1 - pixels, vertebrae) == pytest.approx(-0.3, abs=0.05)
    assert brighter_than_beside(pixels, []) is None


def test_white_at_the_edge_of_a_film_is_counted(film: tuple[np.ndarray, list[Vertebra]]) -> None:
    pixels, _ = film
    assert white_frame(pixels) == 0
    assert 0.2 < white_frame(1 - pixels) < 0.5
