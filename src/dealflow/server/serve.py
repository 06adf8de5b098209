"""Starting to serve: schema first, then the port, then the ready file."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from dealflow.core.errors import DealflowError
from dealflow.server import logs
from dealflow.server.app import App, tune
from dealflow.server.config import Config
from dealflow.server.protocol import Protocol
from dealflow.storage.migrations import upgrade

DRAIN_SECONDS = 10
START_SECONDS = 30


class CannotListen(DealflowError):
    """The address is taken or not ours."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 means any free one. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        raise CannotListen(f"cannot listen on {host}:{port}: {error}") from error
    bound.set_inheritable(True)
    return bound


def address(bound: socket.socket) -> str:
    """The base URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def write_ready(path: Path, content: Mapping[str, Any]) -> None:
    """Write the ready file whole, readable by its owner alone."""
    partial = path.with_name(path.name + ".part")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(content), encoding="utf-8")
    partial.replace(path)


class _Server(uvicorn.Server):
    """Tells when the port accepts requests."""

    def __init__(self, config: uvicorn.Config, ready: Path | None, content: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._ready = ready
        self._content = content

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._ready is not None:
            write_ready(self._ready, self._content)


class _Workers(Multiprocess):
    """Several processes on one socket; tells when all of them accept requests."""

    def __init__(
        self, config: uvicorn.Config, bound: socket.socket, ready: Path | None, content: Mapping[str, Any]
    ) -> None:
        super().__init__(config, [bound])
        self._ready = ready
        self._content = content

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(START_SECONDS) for process in self.processes) and self._ready is not None:
            write_ready(self._ready, self._content)


def uvicorn_config(app: Any, workers: int = 1) -> uvicorn.Config:
    """How uvicorn is set up: bounded, quiet, header names as we write them."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        http=Protocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        workers=workers,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def serve(
    config: Config, bound: socket.socket, *, workers: int = 1, ready: Path | None = None, content: Mapping[str, Any]
) -> None:
    """Serve until SIGTERM or SIGINT: running requests are finished, at most ten seconds."""
    logs.set_up()
    upgrade(config.database)
    tune()
    told = {"url": address(bound), "pid": os.getpid(), **content}
    if workers == 1:
        _Server(uvicorn_config(App(config)), ready, told).run(sockets=[bound])
        return
    os.environ.update(config.to_environment())
    settings = uvicorn_config("dealflow.server.app:create", workers)
    _Workers(settings, bound, ready, told).run()
