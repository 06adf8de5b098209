"""The worked example of docs/statistics.md, as far as it is about the board's statistics, replayed as it stands."""

import json
import re
from typing import Final

import pytest

from dealflow.reports.figures import FIGURES
from tests.support.sales import PAGE, Sales, live_the_example

TEXT: Final = PAGE.read_text("utf-8")
REQUEST: Final = re.search(r"^`GET (/board/statistics/1\?\S+)`", TEXT, re.MULTILINE)
EXPLAINED: Final = re.findall(r"^\| `([\w.-]+)` \| .* \| (\[.*\]) \|$", TEXT, re.MULTILINE)
SECTIONS: Final = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))

pytestmark = pytest.mark.usefixtures("rates")


def shown_in(section: str) -> object:
    """The JSON of a part of the page."""
    found = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_every_figure_has_its_section_in_order() -> None:
    assert list(SECTIONS) == list(FIGURES)


def test_the_page_shows_what_is_answered(sales: Sales) -> None:
    live_the_example(sales)
    assert REQUEST is not None
    answer = sales.admin.call("GET", REQUEST[1])
    head = {name: value for name, value in answer.body.items() if name != "figures"}
    assert (answer.status, head) == (200, shown_in(TEXT[REQUEST.start() :]))


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_defines_each_figure_and_shows_its_numbers(sales: Sales, name: str) -> None:
    live_the_example(sales)
    assert REQUEST is not None
    figure = sales.admin.call("GET", REQUEST[1]).body["figures"][name]
    assert SECTIONS[name].replace("\n", " ").count(figure.pop("definition")) == 1
    assert shown_in(SECTIONS[name]) == figure


@pytest.mark.parametrize(("explain", "deals"), EXPLAINED)
def test_the_page_lists_deals_behind_numbers(sales: Sales, explain: str, deals: str) -> None:
    live_the_example(sales)
    assert sales.report("2026-03-01", "2026-03-31", explain=explain).body["deal_ids"] == json.loads(deals)
