"""The fitted temperature is the one of least log loss."""

import numpy as np
import pytest
from hypothesis import given
from scipy.special import expit
from sklearn.metrics import log_loss
from validation_samples import labelled_scores

from mvm_core.errors import ValidationError
from mvm_core.validation.temperature import HIGHEST, LOWEST, fit_temperature


@given(labelled_scores())
def test_no_other_temperature_has_less_log_loss(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, logits = data
    temperature = fit_temperature(labels, logits)
    assert LOWEST <= temperature <= HIGHEST
    best = log_loss(labels, expit(logits / temperature))
    for other in np.geomspace(LOWEST, HIGHEST, 12):
        assert best <= log_loss(labels, expit(logits / other)) + 1e-9


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(temperature: float) -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(scale=2, size=200_000)
    labels = generator.random(logits.size) < expit(logits / temperature)
    assert fit_temperature(labels, logits) == pytest.approx(temperature, rel=0.03)


def test_extremes_stay_within_bounds() -> None:
    assert fit_temperature([0, 0, 1, 1], [-2, -1, 1, 2]) == pytest.approx(LOWEST)
    assert fit_temperature([0, 0, 1, 1], [2, 1, -1, -2]) == pytest.approx(HIGHEST)
    with pytest.raises(ValidationError, match="one class"):
        fit_temperature([1, 1], [1.0, 2.0])
