"""`dealflow serve`."""

import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.types import ResolvedPath, UInt16

from dealflow.cli.options import Database
from dealflow.server.config import BadSetting, Config

Host = Annotated[str, Parameter(name="--host", env_var="DEALFLOW_HOST", help="Address to listen on.")]
Port = Annotated[
    UInt16, Parameter(name="--port", env_var="DEALFLOW_PORT", help="Port to listen on; 0 takes a free one.")
]
ReadyFile = Annotated[
    ResolvedPath | None,
    Parameter(name="--ready-file", help="JSON file written when requests are accepted: url, pid, company_id, users."),
]
Plan = Literal["lite", "growth", "premium", "ultimate"]
SellRate = Annotated[
    int,
    Parameter(
        name="--sell-rate",
        env_var="DEALFLOW_SELL_RATE",
        help="Calls a second for each token of Sell; 0 for any number.",
    ),
]


def serve(
    *,
    database: Database = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[
        int, Parameter(env_var="DEALFLOW_WORKERS", help="Serving processes; more than one helps on PostgreSQL.")
    ] = 1,
    ready_file: ReadyFile = None,
    limits: Annotated[
        Plan | None, Parameter(env_var="DEALFLOW_LIMITS", help="Rehearse the rate limits of a Pipedrive plan.")
    ] = None,
    sell_rate: SellRate = 0,
) -> None:
    """Bring the database up to date and serve it until SIGTERM or Ctrl-C.

    Running requests are finished, for at most ten seconds.
    """
    from dealflow.cli.store import url_of
    from dealflow.server import serve as server
    from dealflow.storage.migrations import upgrade

    if workers < 1:
        raise BadSetting("--workers must be at least 1")
    if limits and workers > 1:
        raise BadSetting("--limits counts in one process; leave --workers at 1")
    if sell_rate and workers > 1:
        raise BadSetting("--sell-rate counts in one process; leave --workers at 1")
    config = replace(
        Config.from_environment(), database=url_of(database), plan=limits, sell_rate=checked_rate(sell_rate)
    )
    with server.listen(host, port) as bound:
        upgrade(config.database)
        print(f"dealflow is serving on {server.address(bound)} (Ctrl-C stops it)", file=sys.stderr)
        serve_until_told(config, bound, workers, ready_file, only_company(config.database))


def checked_rate(sell_rate: int) -> int:
    """The rate. Raises BadSetting."""
    if sell_rate < 0:
        raise BadSetting("--sell-rate must be at least 0")
    return sell_rate


def only_company(url: str) -> dict[str, Any]:
    """`company_id` and `users` of the ready file: those of the only company, without their tokens."""
    from dealflow.cli.output import user_json
    from dealflow.cli.store import reading, view
    from dealflow.storage import operator, users

    with reading(url) as db:
        if len(operator.companies(db)) != 1:
            return {"company_id": None, "users": []}
        tx = view(db, None)
        return {"company_id": tx.company_id, "users": [user_json(user) for user in users.everyone(tx)]}


def serve_until_told(
    config: Config, bound: socket.socket, workers: int, ready: Path | None, content: Mapping[str, Any]
) -> None:
    """Serve; being told to stop is no failure."""
    from dealflow.server import serve as server

    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: sys.exit(0))
    server.serve(config, bound, workers=workers, ready=ready, content=content)
