"""The vendor's Python client, unchanged: its own tests, each of its methods, and a day's work with it."""

import inspect
import os
import pkgutil
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.people import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its regular expressions are older than Python's rules for them
    import basecrm
    import basecrm.test

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "sell_account" / "main.py"
MODULES: Final = sorted(each.name for each in pkgutil.iter_modules(basecrm.test.__path__) if each.name != "testutils")
# These two ask hosts on the internet: one the vendor's own service, one a name that must not exist.
ELSEWHERE: Final = ("test_authentication_error", "test_connection_error")

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def environment(server: Server) -> dict[str, str]:
    token = server.company.admin.sell_token
    ours = {"BASECRM_BASE_URL": server.url, "BASECRM_ACCESS_TOKEN": token, "SELL_URL": server.url, "SELL_TOKEN": token}
    return {**os.environ, **ours, "NO_PROXY": "127.0.0.1", "PYTHONWARNINGS": "ignore"}


def names_in(module: str) -> list[str]:
    """The names of the vendor's tests in a module, those that ask other hosts left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = __import__(f"basecrm.test.{module}", fromlist=["*"])
    return [
        f"basecrm.test.{module}.{case}.{name}"
        for case, found in inspect.getmembers(loaded, inspect.isclass)
        if case != "BaseTestCase"
        for name in dir(found)
        if name.startswith("test_") and name not in ELSEWHERE
    ]


@pytest.mark.parametrize("module", MODULES)
def test_the_vendors_own_tests_pass(module: str, server: Server) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-q", *names_in(module)],
        env=environment(server),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def test_a_days_work_goes_well(server: Server) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        env=environment(server),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["All of Brook Coffee's day went well."]), (
        done.stdout + done.stderr
    )


# ------------------------------------------------------------------------------------------------ method by method


@pytest.fixture
def client(server: Server) -> basecrm.Client:
    return basecrm.Client(access_token=server.company.admin.sell_token, base_url=server.url)


def services(client: basecrm.Client) -> dict[str, Any]:
    """Everything the client offers, by name; the low-level sync is used by the day's work."""
    names = [name for name, found in inspect.getmembers(type(client)) if isinstance(found, property)]
    return {name: getattr(client, name) for name in names if name not in ("http_client", "config", "sync")}


def offered(client: basecrm.Client) -> set[str]:
    """Each method of each service."""
    return {
        f"{name}.{method}"
        for name, service in services(client).items()
        for method, _ in inspect.getmembers(service, inspect.ismethod)
        if not method.startswith(("_", "build"))
    }


class Caller:
    """Calls methods by name and keeps which were called."""

    def __init__(self, client: basecrm.Client) -> None:
        self._services = services(client)
        self.called: set[str] = set()

    def __call__(self, method: str, *args: object, **attributes: object) -> Any:
        self.called.add(method)
        service, _, name = method.partition(".")
        return getattr(self._services[service], name)(*args, **attributes)

    def crud(self, service: str, made: Mapping[str, object], changed: Mapping[str, object]) -> None:
        """Make one, read it, list it, change it, delete it."""
        record = self(f"{service}.create", **made)
        assert self(f"{service}.retrieve", record.id).id == record.id
        assert record.id in [each.id for each in self(f"{service}.list", per_page=100)]
        name, value = next(iter(changed.items()))
        assert self(f"{service}.update", record.id, **changed)[name] == value
        assert self(f"{service}.destroy", record.id) is True


def test_each_method_of_the_client_does_what_it_says(client: basecrm.Client) -> None:
    call = Caller(client)
    me = call("users.self")
    assert call("users.retrieve", me.id).email == me.email
    assert me.id in [user.id for user in call("users.list")]
    assert call("accounts.self").currency == "EUR"
    assert call("pipelines.list", disabled=False)
    assert call("stages.list", sort_by="position", active=True)
    for service in ("visits", "visit_outcomes", "lead_unqualified_reasons"):
        assert isinstance(call(f"{service}.list"), list)
    assert call("text_messages.list") == []
    with pytest.raises(basecrm.RequestError):
        call("text_messages.retrieve", 1)
    for service in ("deal_sources", "deal_unqualified_reasons", "lead_sources", "loss_reasons", "sources"):
        call.crud(service, {"name": "One of a kind"}, {"name": "Renamed"})
    call.crud("tags", {"name": "vip", "resource_type": "contact"}, {"name": "very important"})
    call.crud("contacts", {"first_name": "Ann", "last_name": "Lee"}, {"title": "CEO"})
    call.crud("leads", {"last_name": "Lee", "status": "Unqualified"}, {"title": "CEO"})
    contact = call("contacts.create", last_name="Roy")
    call.crud("notes", {"content": "A", "resource_type": "contact", "resource_id": contact.id}, {"content": "B"})
    call.crud("tasks", {"content": "A"}, {"content": "B", "completed": True})
    call.crud("deals", {"name": "A", "contact_id": contact.id, "value": "5.50"}, {"hot": True})
    deal = call("deals.create", name="B", contact_id=contact.id)
    other = call("contacts.create", last_name="Kay")
    call("associated_contacts.create", deal.id, contact_id=other.id, role="involved")
    assert [each.contact_id for each in call("associated_contacts.list", deal.id)] == [other.id]
    assert call("associated_contacts.destroy", deal.id, other.id) is True
    prices = [{"amount": "12.30", "currency": "USD"}]
    call.crud("products", {"name": "Grinder", "prices": prices}, {"name": "Mill"})
    call.crud("orders", {"deal_id": deal.id}, {"discount": 5})
    product = call("products.create", name="Mill", prices=prices)
    order = call("orders.create", deal_id=deal.id)
    line = call("line_items.create", order.id, product_id=product.id, currency="USD", quantity=2)
    assert call("line_items.retrieve", order.id, line.id).price == "12.30"
    assert [each.id for each in call("line_items.list", order.id)] == [line.id]
    assert call("line_items.destroy", order.id, line.id) is True
    assert offered(client) - call.called == set()
