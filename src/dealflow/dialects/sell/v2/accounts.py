"""The account, which is what Sell calls a company (contract 2.7)."""

from typing import Final

import msgspec

from dealflow.core.company import Company
from dealflow.core.time import Instant, iso
from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.envelope import one
from dealflow.dialects.sell.values import utc_offset
from dealflow.storage import users
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

TIME_FORMAT: Final = "24H"


class AccountOut(msgspec.Struct):
    """A company; nothing is kept of how it writes times, nor of its telephone."""

    id: int
    name: str
    currency: str
    time_format: str
    timezone: str
    phone: str | None
    subdomain: str | None
    created_at: str
    updated_at: str


def account_out(company: Company, now: Instant) -> AccountOut:
    """The wire object; the time zone is shown as it is from UTC now."""
    return AccountOut(
        id=company.company_id,
        name=company.name,
        currency=company.currency,
        time_format=TIME_FORMAT,
        timezone=utc_offset(company.timezone, now),
        phone=None,
        subdomain=company.domain,
        created_at=iso(company.created_at),
        updated_at=iso(company.updated_at),
    )


@V2.add("GET", "/accounts/self", section="2.7", cost=0, scopes="profile", shows=AccountOut)
def get_account(tx: Tx) -> Reply:
    return one("account", account_out(users.company(tx), tx.now))
