"""The vendor's own client drives every method of ours: the current release and the last one with v1 CRUD methods."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.databases import Clock, Home, Homes
from tests.support.people import Server

HERE: Final = Path(__file__).parent / "node"
CUSTOMER: Final = Path(__file__).parents[2] / "examples" / "pipedrive_customer"
SCRIPTS: Final = {
    "pipelines": ("PipelinesApi",),
    "stages": ("StagesApi",),
    "deals": ("DealsApi",),
    "persons": ("PersonsApi",),
    "organizations": ("OrganizationsApi",),
    "fields": ("DealFieldsApi", "PersonFieldsApi", "OrganizationFieldsApi"),
    "users": ("UsersApi", "UserSettingsApi", "CurrenciesApi"),
}
# What comes with a later batch of the contract's table of routes.
HISTORY_AND_SEARCH: Final = {
    "v1 DealsApi": (
        "getArchivedDealsSummary",
        "getArchivedDealsTimeline",
        "getDealChangelog",
        "getDealFiles",
        "getDealMailMessages",
        "getDealParticipantsChangelog",
        "getDealUpdates",
        "getDealUsers",
        "getDealsCollection",
        "getDealsSummary",
        "getDealsTimeline",
        "mergeDeals",
        "searchDeals",
    ),
    "v2 DealsApi": ("getDealFollowersChangelog", "searchDeals"),
    "v1 PersonsApi": ("addPersonFollower", "deletePersonFollower", "getPersonFollowers"),
    "v2 PersonsApi": (
        "addPersonFollower",
        "deletePersonFollower",
        "getPersonFollowers",
        "getPersonFollowersChangelog",
        "getPersonPicture",
    ),
    "v1 OrganizationsApi": ("addOrganizationFollower", "deleteOrganizationFollower", "getOrganizationFollowers"),
    "v2 OrganizationsApi": (
        "addOrganizationFollower",
        "deleteOrganizationFollower",
        "getOrganizationFollowers",
        "getOrganizationFollowersChangelog",
    ),
    "v1 UsersApi": ("getUserRoleAssignments", "getUserRoleSettings"),
    "v2 UsersApi": ("getUserFollowers",),
}
# What is in no row of that table: products, leads, pictures, notes and files of the vendor's other features.
NOT_OURS: Final = {
    "v1 DealsApi": (
        "addDealProduct",
        "deleteDealProduct",
        "getDealActivities",
        "getDealPersons",
        "getDealProducts",
        "updateDealProduct",
    ),
    "v2 DealsApi": (
        "addDealProduct",
        "addManyDealProducts",
        "convertDealToLead",
        "deleteAdditionalDiscount",
        "deleteDealProduct",
        "deleteInstallment",
        "deleteManyDealProducts",
        "getAdditionalDiscounts",
        "getDealConversionStatus",
        "getDealProducts",
        "getDealsProducts",
        "getInstallments",
        "postAdditionalDiscount",
        "postInstallment",
        "updateAdditionalDiscount",
        "updateDealProduct",
        "updateInstallment",
    ),
    "v1 PersonsApi": (
        "addPersonPicture",
        "deletePersonPicture",
        "getPersonActivities",
        "getPersonChangelog",
        "getPersonDeals",
        "getPersonFiles",
        "getPersonMailMessages",
        "getPersonProducts",
        "getPersonUpdates",
        "getPersonUsers",
        "getPersonsCollection",
        "mergePersons",
    ),
    "v1 OrganizationsApi": (
        "getOrganizationActivities",
        "getOrganizationChangelog",
        "getOrganizationDeals",
        "getOrganizationFiles",
        "getOrganizationMailMessages",
        "getOrganizationPersons",
        "getOrganizationUpdates",
        "getOrganizationUsers",
        "getOrganizationsCollection",
        "mergeOrganizations",
    ),
}
LEFT_OUT: Final = frozenset(
    f"{api}.{method}"
    for group in (HISTORY_AND_SEARCH, NOT_OURS)
    for api, methods in group.items()
    for method in methods
)

pytestmark = pytest.mark.node


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, homes: Homes, clock: Clock) -> Home:
    """Both kinds of database; how tables are split makes no difference here."""
    return homes[request.param]


def run(script: str, *arguments: str, **environment: str) -> list[str]:
    """The list a script prints; what goes wrong in it fails the test with its own words."""
    done = subprocess.run(
        ["node", script, *arguments],
        cwd=HERE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: list[str] = json.loads(done.stdout.splitlines()[-1])
    return printed


@cache
def offered(script: str) -> frozenset[str]:
    """The methods of a script's classes, release and version first."""
    return frozenset(run("offered.mjs", *SCRIPTS[script]))


@cache
def wanted(script: str) -> frozenset[str]:
    """The same without those left out."""
    return frozenset(method for method in offered(script) if method.partition(" ")[2] not in LEFT_OUT)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_client_drives_every_method(server: Server, script: str) -> None:
    token = server.admin.token or ""
    called = run(f"{script}.mjs", DEALFLOW_URL=server.url, DEALFLOW_TOKEN=token)
    assert wanted(script) - set(called) == frozenset()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_customers_book_agrees_with_every_total(homes: Homes, clock: Clock, tmp_path: Path) -> None:
    server = Server(homes["sqlite"])
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    shutil.copy(CUSTOMER / "main.mjs", tmp_path)
    done = subprocess.run(
        ["node", "main.mjs"],
        cwd=tmp_path,
        env={**os.environ, "PIPEDRIVE_URL": server.url, "PIPEDRIVE_TOKEN": server.admin.token or ""},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Every total agrees."), done.stdout + done.stderr


def test_no_method_is_left_out_that_the_client_does_not_have() -> None:
    known = {method.partition(" ")[2] for script in SCRIPTS for method in offered(script)}
    assert known >= LEFT_OUT
