"""The pages with an examiner that knows the simulated patients."""

import pytest
from examiner_stand_in import StandIn


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mvm_core.examination.Examiner", StandIn, raising=False)
