"""Logits and probabilities against scipy's."""

import numpy as np
import pytest
from scipy import special

from mvm_core import logits

VALUES = np.concatenate([np.linspace(-40, 40, 401), [-800.0, 800.0, 0.0]])


def test_probabilities_of_logits_are_scipys_to_the_last_digits() -> None:
    np.testing.assert_allclose(logits.expit(VALUES), special.expit(VALUES), rtol=1e-14, atol=0)
    assert logits.expit(VALUES.astype(np.float32)).dtype == np.float32
    assert float(logits.expit(0)) == 0.5


def test_logits_of_probabilities_are_scipys() -> None:
    shares = np.concatenate([np.linspace(0, 1, 301), [1e-12, 1 - 1e-12]])
    np.testing.assert_allclose(logits.logit(shares), special.logit(shares), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("shift", [0.0, 700.0, -700.0])
def test_shares_of_exponentials_are_scipys(shift: float) -> None:
    values = np.random.default_rng(0).normal(shift, 3, 18)
    np.testing.assert_allclose(logits.softmax(values), special.softmax(values), rtol=1e-12)
    np.testing.assert_allclose(logits.log_softmax(values), special.log_softmax(values), rtol=1e-12)
