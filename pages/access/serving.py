"""Which guard this process serves with."""

from pages.access.guard import Guard

_serving: list[Guard] = []


def serve_with(guard: Guard) -> None:
    """Let the pages know the guard at the gate before them."""
    _serving[:] = [guard]


def guard() -> Guard | None:
    """The guard; None where Streamlit serves the pages by itself."""
    return _serving[0] if _serving else None
