"""Writes that may take long say so in their route: on SQLite the others run where everybody waits for them."""

import threading
from collections.abc import Mapping
from typing import Any, Final

from dealflow.core.time import Instant
from dealflow.server.calls import Answer, Call
from dealflow.storage.database import Connection
from dealflow.storage.statement import Compiled, Statement

MOST_STATEMENTS: Final = 120


class BriefWrites:
    """Counts the statements of each write, from `start` to `stop`; `long` are those that should be `pooled`."""

    def __init__(self) -> None:
        self.long: list[str] = []
        self._here = threading.local()
        self._run = Call.run

    def start(self) -> None:
        brief = self

        def run(call: Call, db: Connection, now: Instant) -> Answer:
            before = brief._count
            try:
                return brief._run(call, db, now)
            finally:
                statements = brief._count - before
                if call.route.writes and not call.route.pooled and statements > MOST_STATEMENTS:
                    brief.long.append(f"{call.route.method} {call.route.path} took {statements} statements")

        Statement.observers.append(self._observe)
        Call.run = run  # type: ignore[method-assign, assignment]

    def stop(self) -> None:
        Statement.observers.remove(self._observe)
        Call.run = self._run  # type: ignore[method-assign]

    def take(self) -> list[str]:
        """What was found since the last time."""
        found, self.long = self.long, []
        return found

    @property
    def _count(self) -> int:
        return getattr(self._here, "count", 0)

    def _observe(self, _: Statement, __: Compiled, ___: str, ____: Mapping[str, Any]) -> None:
        self._here.count = self._count + 1
