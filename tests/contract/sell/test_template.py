"""A company that begins as a new Sell account does (contract 4.1, 2.8)."""

import pytest

from dealflow.actions.companies import set_up_company
from tests.support.databases import company_ids
from tests.support.people import Server
from tests.support.sell import SellClient, items
from tests.support.server import Client


@pytest.fixture
def admins(server: Server) -> tuple[SellClient, Client]:
    """The admin of a company made by the template, through both surfaces."""
    with server.home.transaction(next(company_ids)) as tx:
        _, admin = set_up_company(
            tx,
            "Sold",
            currency="USD",
            timezone="America/New_York",
            admin_name="Uma",
            admin_email="uma@example.com",
            template="sell",
        )
    sell = SellClient(server.served, admin.sell_token, admin.user.id)
    return sell, Client(server.served, admin.pipedrive_token, admin.user.id)


def stages(sell: SellClient) -> list[tuple[object, ...]]:
    shown = ("name", "category", "active", "position", "likelihood")
    return [tuple(each[name] for name in shown) for each in items(sell.get("/v2/stages", sort_by="position"))]


def test_it_has_the_pipeline_of_the_contract(admins: tuple[SellClient, Client]) -> None:
    sell, _ = admins
    assert [each["name"] for each in items(sell.get("/v2/pipelines"))] == ["Sales Pipeline"]
    assert stages(sell) == [
        ("Prospecting", "incoming", True, 1, 5),
        ("Qualified", "in_progress", True, 2, 10),
        ("Quote", "in_progress", True, 3, 20),
        ("Closure", "in_progress", True, 7, 50),
        ("Won", "won", False, 8, 100),
        ("Lost", "lost", False, 9, 0),
        ("Unqualified", "unqualified", False, 10, 0),
    ]


def test_another_order_of_the_stages_keeps_the_positions(admins: tuple[SellClient, Client]) -> None:
    sell, pipedrive = admins
    (last,) = items(sell.get("/v2/stages", name="Closure"))
    assert pipedrive.put(f"/v1/stages/{last['id']}", {"order_nr": 1}).status == 200
    assert [(name, position) for name, _, _, position, _ in stages(sell)[:4]] == [
        ("Closure", 1),
        ("Prospecting", 2),
        ("Qualified", 3),
        ("Quote", 7),
    ]


@pytest.mark.parametrize("path", ["deal_sources", "lead_sources"])
def test_it_has_sources(path: str, admins: tuple[SellClient, Client]) -> None:
    found = [each["name"] for each in items(admins[0].get(f"/v2/{path}"))]
    assert found[:3] == ["Our website", "Word of mouth", "Referral"]


@pytest.mark.parametrize("path", ["loss_reasons", "deal_unqualified_reasons", "lead_unqualified_reasons"])
def test_it_has_reasons(path: str, admins: tuple[SellClient, Client]) -> None:
    assert len(items(admins[0].get(f"/v2/{path}"))) > 1
