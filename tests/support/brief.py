"""Writes that may take long say so in their route: on SQLite the others run where everybody waits for them."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from unittest.mock import patch

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
        self._patch = patch.object(Call, "run", self._counted(Call.run))

    def start(self) -> None:
        Statement.observers.append(self._observe)
        self._patch.start()

    def stop(self) -> None:
        self._patch.stop()
        Statement.observers.remove(self._observe)

    def take(self) -> list[str]:
        """What was found since the last time."""
        found, self.long = self.long, []
        return found

    def _counted(self, run: Callable[[Call, Connection, Instant], Answer]) -> Callable[..., Answer]:
        def counted(call: Call, db: Connection, now: Instant) -> Answer:
            before = self._count
            try:
                return run(call, db, now)
            finally:
                statements = self._count - before
                if call.route.writes and not call.route.pooled and statements > MOST_STATEMENTS:
                    self.long.append(f"{call.route.method} {call.route.path} took {statements} statements")

        return counted

    @property
    def _count(self) -> int:
        return getattr(self._here, "count", 0)

    def _observe(self, _: Statement, __: Compiled, ___: str, ____: Mapping[str, Any]) -> None:
        self._here.count = self._count + 1
