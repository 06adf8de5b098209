"""A company with one of everything that Sell knows, made over the wire where the wire can make it."""

from typing import Any, Final, NamedTuple

from dealflow.actions.calls import add_text_message, add_visit
from dealflow.core import term
from dealflow.core.about import PARTY, About
from dealflow.storage import counters, terms
from dealflow.storage.statement import Row
from tests.support.databases import Home
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople
from tests.support.sell_routes import DEVICE
from tests.support.server import Json
from tests.support.world import GAP, World, make_world, skip_ids

COUNTED: Final = (
    "term",
    "lead",
    "lead_conversion",
    "note",
    "activity",
    "product",
    "sales_order",
    "line_item",
    "call",
    "collaboration",
    "text_message",
    "visit",
    "sync_device",
)
TERMS: Final = {
    "loss_reasons": term.LOSS_REASON,
    "deal_unqualified_reasons": term.DEAL_UNQUALIFIED_REASON,
    "lead_unqualified_reasons": term.LEAD_UNQUALIFIED_REASON,
    "deal_sources": term.DEAL_SOURCE,
    "lead_sources": term.LEAD_SOURCE,
    "sources": term.LEAD_SOURCE,
    "call outcome": term.CALL_OUTCOME,
    "visit outcome": term.VISIT_OUTCOME,
    "lead status": term.LEAD_STATUS,
}


def sell_of(world: World) -> SellPeople:
    """The people of a world as they come through Sell."""
    return SellPeople(world.server.served, world.server.company)


def make_sell_world(server: Server) -> World:
    """Fill the server's company through both dialects."""
    world = make_world(server)
    sell = SellPeople(server.served, server.company).admin
    ids = world.ids

    def made(kind: str, path: str, attributes: Json) -> None:
        answer = sell.post(f"/v2/{path}", attributes)
        assert answer.status == 200, (path, attributes, answer.body)
        ids[kind] = answer.data.get("id")

    on_deal = {"resource_type": "deal", "resource_id": ids["deal"]}
    for path in ("loss_reasons", "deal_unqualified_reasons", "deal_sources", "lead_sources", "sources"):
        made(path, path, {"name": f"One of {path}"})
    made("lead", "leads", {"last_name": "Burns", "organization_name": "Plant"})
    made("converted lead", "leads", {"last_name": "Smithers"})
    made("lead conversion", "lead_conversions", {"lead_id": ids["converted lead"]})
    made("tag", "tags", {"name": "vip", "resource_type": "contact"})
    made("note", "notes", {"content": "Remember", **on_deal})
    made("task", "tasks", {"content": "Call back", **on_deal})
    made("product", "products", {"name": "Mill", "prices": [{"amount": "5.00", "currency": "EUR"}]})
    made("order", "orders", {"deal_id": ids["deal"]})
    made("line item", f"orders/{ids['order']}/line_items", {"product_id": ids["product"], "currency": "EUR"})
    made("call", "calls", {"phone_number": "+1 555"})
    made("collaboration", "collaborations", {**on_deal, "collaborator_id": server.admin.user_id})
    made("associated", f"deals/{ids['deal']}/associated_contacts", {"contact_id": ids["organization"]})
    _unreachable(server, ids)
    ids["session"] = sell.call("POST", "/v2/sync/start", headers=DEVICE).data["id"]
    return world


def _unreachable(server: Server, ids: dict[str, Any]) -> None:
    """What no call makes."""
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        ids["text message"] = add_text_message(tx, {"content": "Hello", "deal_ids": [ids["deal"]]}).id
        ids["visit"] = add_visit(tx, {"about": About(PARTY, ids["person"])}).id
        for kind in ("lead_unqualified_reasons", "call outcome", "visit outcome", "lead status"):
            ids[kind] = _term(tx, TERMS[kind])


def _term(tx: Any, kind: str) -> int:
    made = term.Term(counters.next_id(tx, "term"), kind, "Word", None, tx.now, tx.now, 1)
    return terms.terms.add(tx, made).id


class SellNeighbours(NamedTuple):
    """Two companies made alike, but for the second's ids, which the first does not have."""

    mine: World
    theirs: World
    their_rows: dict[str, list[Row]]

    @property
    def admin(self) -> SellClient:
        """The first company's admin."""
        return sell_of(self.mine).admin

    def rows_of_theirs(self) -> dict[str, list[Row]]:
        """What the second company's tables hold now; at the start it was `their_rows`."""
        server = self.theirs.server
        return server.home.dump(server.company.company_id)


def make_sell_neighbours(home: Home) -> SellNeighbours:
    mine, theirs = Server(home), Server(home)
    skip_ids(home, theirs.company.company_id)
    with home.transaction(theirs.company.company_id) as tx:
        for kind in COUNTED:
            counters.next_id(tx, kind, GAP)
    return SellNeighbours(make_sell_world(mine), make_sell_world(theirs), home.dump(theirs.company.company_id))
