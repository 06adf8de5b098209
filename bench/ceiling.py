"""The ceiling: uvicorn with uvloop and httptools, no access log, answering one fixed body.

Run as `python -m bench.ceiling SIZE`; prints its address.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from dealflow.server.serve import address, listen

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Fixed:
    """An ASGI application that says the same to everybody."""

    def __init__(self, size: int) -> None:
        self._body = {"type": "http.response.body", "body": b'{"success":true,"data":"'.ljust(size, b"x")[:size]}
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % size)]
        self._start = {"type": "http.response.start", "status": 200, "headers": headers}

    async def __call__(self, _scope: dict[str, Any], _receive: Receive, send: Send) -> None:
        await send(self._start)
        await send(self._body)


def main(size: int) -> None:
    """Serve until told to stop."""
    bound = listen("127.0.0.1", 0)
    bound.listen(2048)
    print(address(bound), flush=True)
    config = uvicorn.Config(
        Fixed(size),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main(int(sys.argv[1]))
