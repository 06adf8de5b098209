"""The statements that a request runs, recorded by running it in this process."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bench.company import Filled, connect
from dealflow.server.calls import Answer, Desk, system_clock, table_of
from dealflow.storage.sqlite import SqliteConnection
from dealflow.storage.statement import Compiled, Statement
from dealflow.wire import Request


class Step(NamedTuple):
    """SQL and its values in the driver's order."""

    sql: str
    values: Any

    @property
    def writes(self) -> bool:
        return not self.sql.startswith("SELECT")

    @property
    def returns(self) -> bool:
        return not self.writes or " RETURNING " in self.sql


class Recorder:
    """Runs requests as the server does, without one, and keeps what they asked the database."""

    def __init__(self, filled: Filled) -> None:
        self.db: SqliteConnection = connect(filled, write=True, synchronous="OFF")
        self._token = filled.token
        self._desk = Desk(system_clock)
        self._steps: list[Step] = []

    def steps(self, method: str, target: str, body: bytes = b"") -> list[Step]:
        """The statements of one request from its handler's first on, without those that begin and end."""
        path, _, query = target.partition("?")
        found = table_of(path)
        if found is None:
            raise RuntimeError(f"nothing is served at {path}")
        request = Request(method, path, query.encode(), {b"x-api-token": self._token.encode()}, body)
        call = self._desk.prepare(self.db, found[0], request, found[1])
        if isinstance(call, Answer):
            raise _refused(target, call)
        self._steps = []
        Statement.observers.append(self._observe)
        try:
            answer = call.run(self.db, system_clock())
        finally:
            Statement.observers.remove(self._observe)
        if answer.status >= 300:
            raise _refused(target, answer)
        return self._steps

    def _observe(self, _statement: Statement, compiled: Compiled, _database: str, values: Mapping[str, Any]) -> None:
        self._steps.append(Step(compiled.sql, compiled.bind(values)))


def _refused(target: str, answer: Answer) -> RuntimeError:
    return RuntimeError(f"{target} answered {answer.status}: {answer.body!r}")
