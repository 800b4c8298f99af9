"""Sessions whose browser has left: forgotten for good when their time to come back has passed.

Streamlit lets go of them only when another session comes or goes; on a quiet evening the last films of the
day would stay in memory.
"""

import asyncio
import gc

from streamlit.runtime import exists, get_instance

from pages.access.memory import give_memory_back

_EVERY_S = 2.0


async def forget_ended_sessions() -> None:
    """Forget them, for as long as the app runs."""
    before = 0
    while True:
        await asyncio.sleep(_EVERY_S)
        if not exists():
            continue
        # What Streamlit keeps for a browser that comes back; its own interface has no way to look through it.
        kept = get_instance()._session_mgr._session_storage._cache  # type: ignore[attr-defined]
        kept.expire()
        if len(kept) < before:
            gc.collect()
            give_memory_back()
        before = len(kept)
