"""Fixtures of the validation tests."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import settings
from validation_samples import NAMES, ORACLE, table

# two shared cores: how long one example takes says nothing
settings.register_profile("validation", deadline=None, max_examples=50)
settings.load_profile("validation")


@pytest.fixture(params=NAMES)
def oracle(request: pytest.FixtureRequest) -> tuple[pd.DataFrame, dict[str, Any]]:
    """One table of scores and what R makes of it."""
    return table(request.param), ORACLE[request.param]
