"""What is answered leaves at once."""

import socket

import uvicorn

_startup = uvicorn.Server.startup


def answer_at_once() -> None:
    """Let no answer wait for the browser to say that it has the one before.

    Streamlit binds its socket itself. Of such a socket asyncio does not know that it speaks TCP and leaves
    Nagle's algorithm on (https://github.com/Kludex/uvicorn/issues/3149): on a connection that is kept, each
    answer then takes 40 ms.
    """
    uvicorn.Server.startup = _startup_at_once  # type: ignore[method-assign, assignment]


async def _startup_at_once(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
    for listening in sockets or ():
        # What is accepted inherits it.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await _startup(server, sockets)
