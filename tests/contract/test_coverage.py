"""The route tables against the list of the contract's calls."""

from pathlib import Path

import pytest

from tests.support.coverage import CONTRACT, PAGE, Row, page, read_contract, served

FIRST = 1
ROWS = read_contract()
BY_KEY = {row.key: row for row in ROWS}
ROUTES = served()

# The list as its authors keep it, where the checkout lies beside it.
ORIGINAL = Path(__file__).parents[3] / "shared" / "contract" / CONTRACT.name


@pytest.mark.parametrize("row", [row for row in ROWS if row.batch == FIRST], ids=lambda row: " ".join(row[:3]))
def test_calls_of_the_first_batch_are_served(row: Row) -> None:
    assert row.key in ROUTES


@pytest.mark.parametrize("key", ROUTES, ids=" ".join)
def test_a_route_is_what_the_contract_says(key: tuple[str, str, str]) -> None:
    route, row = ROUTES[key], BY_KEY[key]
    assert (route.cost, sorted(route.scopes), route.section) == (row.cost, sorted(row.scopes), row.section)


def test_no_call_is_listed_twice() -> None:
    assert len(BY_KEY) == len(ROWS)


def test_the_list_is_the_one_its_authors_keep() -> None:
    assert not ORIGINAL.exists() or ORIGINAL.read_bytes() == CONTRACT.read_bytes()


def test_the_page_says_what_is_so() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.support.coverage"
