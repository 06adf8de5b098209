"""`Tx`: one company's view of the database during one request."""

from collections.abc import Mapping, Sequence
from typing import Any

from dealflow.core.company import Viewer
from dealflow.core.time import Instant
from dealflow.storage.database import Connection
from dealflow.storage.statement import Row, Statement


class Tx:
    """The company, the acting user, the moment and the surface of one unit of work.

    Every statement gets `company_id` bound to this company. `now` is fixed for the whole unit. Committing is the
    business of whoever made the Tx.
    """

    def __init__(self, db: Connection, company_id: int, user_id: int, now: Instant, surface: str = "pipedrive") -> None:
        self.db = db
        self.company_id = company_id
        self.user_id = user_id
        self.now = now
        self.surface = surface
        self.viewer: Viewer | None = None

    def rows(self, statement: Statement, **values: Any) -> list[Row]:
        values["company_id"] = self.company_id
        return self.db.rows(statement, values)

    def row(self, statement: Statement, **values: Any) -> Row | None:
        values["company_id"] = self.company_id
        found = self.db.rows(statement, values)
        return found[0] if found else None

    def change(self, statement: Statement, **values: Any) -> int:
        values["company_id"] = self.company_id
        return self.db.change(statement, values)

    def change_each(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> None:
        self.db.change_each(statement, [{**each, "company_id": self.company_id} for each in values])
