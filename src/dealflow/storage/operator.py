"""What the operator sees: the one module that may read across companies. No request ever comes here."""

from typing import Final

from sqlalchemy import bindparam, insert, select, update

from dealflow.core.company import Company
from dealflow.storage import schema
from dealflow.storage.database import Connection
from dealflow.storage.statement import Statement

LAST_COMPANY: Final = "last_company_id"

_c, _i = schema.company.c, schema.installation.c
_companies = Statement(
    select(*[_c[name] for name in Company._fields]).order_by(_c.company_id).execution_options(crosses_companies=True)
)
_last_company = Statement(select(_i.value).where(_i.name == LAST_COMPANY).with_for_update())
_start_counting = Statement(insert(schema.installation).values(name=LAST_COMPANY, value="1"))
_count_up = Statement(update(schema.installation).where(_i.name == LAST_COMPANY).values(value=bindparam("last")))


def companies(db: Connection) -> list[Company]:
    """Every company, by id."""
    return [Company._make(row) for row in db.rows(_companies, {})]


def next_company_id(db: Connection) -> int:
    """A company id never given out before; nobody else gets one before this transaction ends."""
    found = db.rows(_last_company, {})
    if not found:
        db.change(_start_counting, {})
        return 1
    fresh = int(found[0][0]) + 1
    db.change(_count_up, {"last": str(fresh)})
    return fresh
