"""What the operator sees: the one module that may read across companies. No request ever comes here."""

from typing import Final

from sqlalchemy import bindparam, func, insert, select, update

from dealflow.core.company import Company
from dealflow.storage import schema
from dealflow.storage.database import Connection
from dealflow.storage.oauth import Client, Grant, as_client, client_columns
from dealflow.storage.statement import Statement

LAST_COMPANY: Final = "last_company_id"

_c, _i = schema.company.c, schema.installation.c
_companies = Statement(
    select(*[_c[name] for name in Company._fields]).order_by(_c.company_id).execution_options(crosses_companies=True)
)
_g = schema.oauth_grant.c
_oauth_clients = Statement(
    select(*client_columns)
    .order_by(schema.oauth_client.c.created_at, schema.oauth_client.c.client)
    .execution_options(crosses_companies=True)
)
_grants_of_client = Statement(
    select(*[_g[name] for name in Grant._fields])
    .where(_g.client == bindparam("of_client"))
    .execution_options(crosses_companies=True)
)
_kept = Statement(select(_i.value).where(_i.name == bindparam("of_name")))
_kept_for_me = Statement(select(_i.value).where(_i.name == bindparam("of_name")).with_for_update())
_keep = Statement(insert(schema.installation).values(name=bindparam("name"), value=bindparam("value")))
_replace = Statement(
    update(schema.installation).where(_i.name == bindparam("of_name")).values(value=bindparam("new_value"))
)
_rows_of_company: Final = {
    str(table.name): Statement(
        select(func.count())
        .select_from(table)
        .where(table.c.company_id == bindparam("company_id"))
        .execution_options(crosses_companies=True)
    )
    for table in schema.metadata.sorted_tables
    if "company_id" in table.c
}


def companies(db: Connection) -> list[Company]:
    """Every company, by id."""
    return [Company._make(row) for row in db.rows(_companies, {})]


def oauth_clients(db: Connection) -> list[Client]:
    """Every OAuth client, the oldest first."""
    return [as_client(row) for row in db.rows(_oauth_clients, {})]


def grants_of_client(db: Connection, client_id: str) -> list[Grant]:
    """What the users of all companies granted a client."""
    return [Grant._make(row) for row in db.rows(_grants_of_client, {"of_client": client_id})]


def kept(db: Connection, name: str, *, lock: bool = False) -> str | None:
    """A value of the installation; None if it was never kept. `lock`: nobody else changes it meanwhile."""
    found = db.rows(_kept_for_me if lock else _kept, {"of_name": name})
    return str(found[0][0]) if found else None


def keep(db: Connection, name: str, value: str) -> None:
    """Keep a value of the installation in the place of the old one."""
    if not db.change(_replace, {"of_name": name, "new_value": value}):
        db.change(_keep, {"name": name, "value": value})


def next_company_id(db: Connection) -> int:
    """A company id never given out before; nobody else gets one before this transaction ends."""
    fresh = int(kept(db, LAST_COMPANY, lock=True) or 0) + 1
    keep(db, LAST_COMPANY, str(fresh))
    return fresh


def rows_of(db: Connection, company_id: int) -> dict[str, int]:
    """The number of rows that belong to a company, by table, tenant and directory tables alike."""
    return {
        name: int(db.rows(statement, {"company_id": company_id})[0][0]) for name, statement in _rows_of_company.items()
    }
