"""Industries that contacts and leads may be of: suggestions, any other text will do (contract 2.13)."""

from typing import Final

import msgspec

from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.envelope import item, listed
from dealflow.dialects.sell.lists import PageQuery
from dealflow.storage import users
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

INDUSTRIES: Final = (
    "Accounting",
    "Agriculture",
    "Automotive",
    "Banking",
    "Construction",
    "Consulting",
    "Education",
    "Energy",
    "Food and Beverages",
    "Government",
    "Health Care",
    "Hospitality and Travel",
    "Insurance",
    "Legal Services",
    "Manufacturing",
    "Marketing and Advertising",
    "Media and Entertainment",
    "Non-profit",
    "Real Estate",
    "Retail",
    "Software",
    "Telecommunications",
    "Transport and Logistics",
    "Wholesale",
    "Other",
)


class IndustryOut(msgspec.Struct):
    """An industry; the times are those of the company's beginning."""

    name: str
    created_at: str
    updated_at: str


def _add_list(path: str) -> None:
    @V2.add("GET", path, section="2.13", cost=0, scopes="read", shows=list[IndustryOut])
    def list_industries(tx: Tx, query: PageQuery) -> Reply:
        since = iso(users.company(tx).created_at)
        start = (query.page - 1) * query.per_page
        page = INDUSTRIES[start : start + query.per_page + 1]
        return listed([item("industry", IndustryOut(name, since, since)) for name in page], query.page, query.per_page)


for _path in ("/contact/industries", "/lead/industries"):
    _add_list(_path)
