"""The route tables against the lists of the contracts' calls."""

from pathlib import Path

import pytest

from tests.support.coverage import CONTRACTS, PAGE, Row, page, read_contract, served
from tests.support.coverage import tests_of as modules_calling

BUILT = (1, 2, 3)
ROWS = read_contract()
BY_KEY = {row.key: row for row in ROWS}
ROUTES = served()
# What the contract leaves to us: the form of the consent page.
OURS = {("Sell", "oauth2", "POST", "/authorize")}

# The lists as their authors keep them, where the checkout lies beside them.
ORIGINALS = Path(__file__).parents[3] / "shared" / "contract"

built = pytest.mark.parametrize("row", [row for row in ROWS if row.batch in BUILT], ids=lambda row: " ".join(row[:4]))


@built
def test_calls_of_the_batches_that_are_built_are_served(row: Row) -> None:
    assert row.key in ROUTES


@built
def test_each_of_them_is_called_by_a_test_of_its_own(row: Row) -> None:
    assert modules_calling(row) != []


@pytest.mark.parametrize("key", sorted(ROUTES.keys() - OURS), ids=" ".join)
def test_a_route_is_what_the_contract_says(key: tuple[str, str, str, str]) -> None:
    route, row = ROUTES[key], BY_KEY[key]
    assert (route.cost, sorted(route.scopes), route.section) == (row.cost, sorted(row.scopes), row.section)


def test_no_call_is_listed_twice() -> None:
    assert len(BY_KEY) == len(ROWS)


@pytest.mark.parametrize("path", CONTRACTS.values(), ids=CONTRACTS)
def test_the_list_is_the_one_its_authors_keep(path: Path) -> None:
    original = ORIGINALS / path.name
    assert not original.exists() or original.read_bytes() == path.read_bytes()


def test_the_page_says_what_is_so() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.support.coverage"
