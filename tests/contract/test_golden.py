"""Whole replies against those in `golden/`, which are the examples of the contract and what its tables make of them.

All are of one company, whose ids and times are those of the examples: pipeline 1 with stages 11 and 12, user 3, person
8, organization 9 and deal 41, which was added on 2 March and moved a week later. A file names the section it quotes,
the requests `before`, the `request` itself, and its status and reply; requests say `at` when they are made.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import sqlalchemy as sa

from dealflow.actions.companies import new_user, set_up_company
from dealflow.actions.pipelines import add_terminal_stages, new_pipeline, new_stage
from dealflow.core.time import Day, instant
from dealflow.storage import counters, schema
from dealflow.storage.rates import E8, Rate, keep_rates
from tests.support.databases import Clock, Home, company_ids
from tests.support.server import Client, Json, Response

HERE: Final = Path(__file__).parent / "golden"
START: Final = "2026-01-05T09:00:00Z"
COMPANY_ID: Final = 77


class Account(NamedTuple):
    """The company of the examples as user 3 sees it."""

    client: Client
    clock: Clock
    company_id: int
    domain: str

    def make(self, request: Json) -> Response:
        """One request, at its time."""
        self.clock.now = instant(datetime.fromisoformat(request.get("at", "2026-03-09T10:00:00Z")))
        return self.client.call(request["method"], request["path"], request.get("body"))

    def shown(self, reply: Json) -> Json:
        """The reply with the company's id and sub-domain as in the examples."""
        text = json.dumps(reply, ensure_ascii=False)
        return json.loads(
            text.replace(f'"company_id": {self.company_id}', f'"company_id": {COMPANY_ID}').replace(self.domain, "acme")
        )


@pytest.fixture
def account(database: Home, clock: Clock) -> Iterator[Account]:
    clock.now = instant(datetime.fromisoformat(START))
    served = database.served()
    with database.transaction(next(company_ids)) as tx:
        made = {"currency": "EUR", "timezone": "UTC", "admin_name": "Root", "admin_email": "root@acme.example"}
        company, _ = set_up_company(tx, f"Acme {tx.company_id}", template="empty", **made)
        new_user(tx, "Bo Berg", "bo@acme.example")
        caller = new_user(tx, "Ann Admin", "ann@acme.example", role="admin")
        pipeline = new_pipeline(tx, "Sales", probability_enabled=True, is_seeded=True)
        counters.next_id(tx, "stage", 10)
        new_stage(tx, pipeline, "Qualified", likelihood=20, rot_enabled=True, rot_days=14, is_seeded=True)
        new_stage(tx, pipeline, "Contact Made", is_seeded=True)
        add_terminal_stages(tx, pipeline)
        counters.next_id(tx, "party", 7)
        counters.next_id(tx, "deal", 40)
        keep_rates(tx.db, [Rate("USD", Day("2026-01-05"), E8 * 11 // 10)])
    client = Client(served, caller.pipedrive_token, caller.user.id)
    account = Account(client, clock, company.company_id, company.domain)
    for request in json.loads((HERE / "account.json").read_text("utf-8")):
        assert account.make(request).status < 300
    yield account
    with database.engine.begin() as connection:
        connection.execute(sa.delete(schema.currency_rate))


def replayed(account: Account, golden: Json) -> tuple[int, Json]:
    """The status and reply of a file's request."""
    for request in golden.get("before", ()):
        assert account.make(request).status < 300
    response = account.make(golden["request"])
    return response.status, account.shown(response.body)


def kinds(value: Any) -> Any:
    """A reply with the types of its values in their place; a number is one whether whole or not."""
    if isinstance(value, dict):
        return {name: kinds(each) for name, each in value.items()}
    if isinstance(value, list):
        return [kinds(each) for each in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("v[12]-*.json")))
def test_a_reply_is_the_golden_one(account: Account, name: str) -> None:
    golden = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    status, reply = replayed(account, golden)
    assert (status, kinds(reply), reply) == (golden["status"], kinds(golden["reply"]), golden["reply"])
