"""A company whose people sell at given times, and the example of docs/statistics.md, lived as it stands there."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dealflow.actions.companies import new_user, set_up_company
from dealflow.actions.pipelines import add_terminal_stages, new_pipeline, new_stage
from dealflow.core.time import instant
from dealflow.storage import counters
from tests.support.databases import Clock, Home, company_ids
from tests.support.sell import SellClient
from tests.support.server import Client, Response

PAGE: Final = Path(__file__).parents[2] / "docs" / "statistics.md"
CONVERSION: Final = "conversion_statistics"
MOVEMENT: Final = "movement_statistics"
ROW: Final = re.compile(r"^\| (\d) \| (\w+) \| ([\d.]+) (\w+) \| ([\d-]*) ?\| (stage .*) \|$", re.MULTILINE)
HISTORY: Final = re.compile(r"(?:stage (\d+)|(won|lost)) on the (\d+)")


class Sales:
    """A company with stages 11, 12 and 13 in its pipeline, whose people live by UTC; requests are made at times."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self.home = home
        self.clock = clock
        self.at("2026-01-01T00:00Z")
        with home.transaction(next(company_ids)) as tx:
            made = {"currency": "EUR", "timezone": "UTC", "admin_name": "Ann", "admin_email": "ann@example.com"}
            _, admin = set_up_company(tx, f"Acme {tx.company_id}", template="empty", **made)
            seller = new_user(tx, "Sam", "sam@example.com")
            restricted = new_user(tx, "Rita", "rita@example.com", sees_all=False)
            pipeline = new_pipeline(tx, "Sales", is_seeded=True)
            counters.next_id(tx, "stage", 10)
            for name, likelihood in (("Qualified", 20), ("Contact Made", 50), ("Proposal", 80)):
                new_stage(tx, pipeline, name, likelihood=likelihood, is_seeded=True)
            add_terminal_stages(tx, pipeline)
        self.company_id = tx.company_id
        people = (Client(home.served(), each.pipedrive_token, each.user.id) for each in (admin, seller, restricted))
        self.admin, self.seller, self.restricted = people
        self.sell = SellClient(home.served(), admin.sell_token, admin.user.id)

    def at(self, moment: str) -> None:
        self.clock.now = instant(datetime.fromisoformat(moment))

    def deal(self, by: Client | None = None, **given: Any) -> int:
        answer = (by or self.admin).post("/api/v2/deals", {"title": "Roll-out", "stage_id": 11, **given})
        assert answer.status == 200, answer.body
        made: int = answer.data["id"]
        return made

    def change(self, deal_id: int, **changes: Any) -> None:
        answer = self.admin.patch(f"/api/v2/deals/{deal_id}", changes)
        assert answer.status == 200, answer.body

    def ask(self, which: str, *period: str, by: Client | None = None, **query: Any) -> Response:
        asked = dict(zip(("start_date", "end_date"), period, strict=False)) | query
        return (by or self.admin).get(f"/v1/pipelines/1/{which}", **asked)

    def rates(self, *period: str, **more: Any) -> list[int]:
        shown = self.ask(CONVERSION, *period, **more).data["stage_conversions"]
        return [each["conversion_rate"] for each in shown]

    def closed(self, *period: str, **more: Any) -> tuple[int, int]:
        shown = self.ask(CONVERSION, *period, **more).data
        return shown["won_conversion"], shown["lost_conversion"]

    def moved(self, *period: str, **more: Any) -> Any:
        return self.ask(MOVEMENT, *period, **more).data

    def report(self, *period: str, by: Client | None = None, accept: str | None = None, **query: Any) -> Response:
        """What the board's statistics answer about the pipeline."""
        headers = {} if accept is None else {"Accept": accept}
        asked = dict(zip(("from", "to"), period, strict=False)) | query
        return (by or self.admin).call("GET", "/board/statistics/1", query=asked, headers=headers)

    def figure(self, name: str, *period: str, **more: Any) -> Any:
        """One figure of the same."""
        answer = self.report(*period, figures=name, **more)
        assert answer.status == 200, answer.body
        return answer.body["figures"][name]

    def ids(self, *period: str, **more: Any) -> dict[str, list[int]]:
        """The deals of each group that has any."""
        shown = self.moved(*period, **more)
        return {name: each["deals_ids"] for name, each in shown.items() if each.get("deals_ids")}


def live_the_example(sales: Sales) -> None:
    """The histories of the page's table, in order of time; Ann is the admin, Sam the seller."""
    steps: list[tuple[int, int, Client, dict[str, Any]]] = []
    for row in ROW.findall(PAGE.read_text("utf-8")):
        deal_id, owner, value, currency, expected, history = row
        by = {"Ann": sales.admin, "Sam": sales.seller}[owner]
        worth = {"value": float(value), "currency": currency, "expected_close_date": expected or None}
        for place, (stage, outcome, day) in enumerate(HISTORY.findall(history)):
            change: dict[str, Any] = {"stage_id": int(stage)} if stage else {"status": outcome}
            steps.append((int(day), int(deal_id), by, change if place else change | worth))
    for day, deal_id, by, change in sorted(steps, key=lambda step: step[:2]):
        sales.at(f"2026-03-{day:02}T09:00Z")
        if "value" in change:
            assert sales.deal(by, **change) == deal_id
        else:
            sales.change(deal_id, **change)
    sales.at("2026-05-01T12:00Z")
