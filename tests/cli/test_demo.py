import shlex
import urllib.request
from collections import Counter
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dealflow.cli.story import Cast, Story, beginning, tell
from dealflow.cli.story_words import CURRENCIES, PEOPLE, PIPELINES, TIMEZONE
from dealflow.core.pipeline import Stage
from dealflow.core.time import Day as DayText
from dealflow.core.time import Instant, moment, start_of
from dealflow.storage import export
from dealflow.storage.checks import CHECKS
from dealflow.storage.tx import Tx
from tests.cli.conftest import NEW_COMPANY, Program
from tests.support.databases import Home, Homes, company_ids

TODAY = date(2026, 11, 22)


def stage(stage_id: int, pipeline_id: int) -> Stage:
    return Stage(stage_id, pipeline_id, "", "open", stage_id, 50, False, None, Instant(0), None, None, 1)


CAST = Cast([1, 2, 3, 4, 5], [[stage(i, 1) for i in range(1, 7)], [stage(i, 2) for i in range(7, 13)]], 1)


@pytest.fixture(params=range(1, 6))
def story(request: pytest.FixtureRequest) -> Story:
    return Story(request.param, TODAY, CAST)


def test_all_kinds_of_deals_are_told(story: Story) -> None:
    deals = [life.moments[-1].deal for life in story.lives(180)]
    outcomes = Counter(deal.outcome for deal in deals)
    assert min(outcomes[name] for name in ("open", "won", "lost")) >= 25
    assert {deal.currency for deal in deals} == set(CURRENCIES)
    assert {deal.owner_id for deal in deals} == set(range(1, len(PEOPLE) + 1))
    assert {deal.pipeline_id for deal in deals} == {1, 2}


def test_the_past_ends_before_today(story: Story) -> None:
    times = [each.at for life in story.lives(180) for each in life.moments]
    assert beginning(TODAY) < min(times)
    assert max(times) < start_of(DayText(TODAY.isoformat()), TIMEZONE)


def test_work_is_done_on_working_days(story: Story) -> None:
    times = [moment(each.at).astimezone(ZoneInfo(TIMEZONE)) for life in story.lives(180) for each in life.moments]
    assert {at.weekday() for at in times} <= set(range(5))
    assert {at.hour for at in times} <= set(range(8, 18))


def test_time_goes_forward_in_each_life(story: Story) -> None:
    assert all(
        earlier.at < later.at and earlier.deal != later.deal
        for life in story.lives(180)
        for earlier, later in pairwise(life.moments)
    )


def test_nobody_is_known_before_they_are_met(story: Story) -> None:
    lives = story.lives(180)
    met = {each.party.id: each.party.created_at for each in story.acquaintances}
    assert all(met[life.moments[0].deal.person_id or 0] <= life.moments[0].at for life in lives)


def told(home: Home, seed: int, today: date = TODAY, deals: int = 60) -> list[tuple[str, dict[str, Any]]]:
    """All rows of a demo company but its tokens and its own event, as if it had id 1; nothing is kept."""
    home.db.begin()
    try:
        tx = Tx(home.db, next(company_ids), 0, beginning(today), "command")
        tell(tx, seed, today, deals)
        found = [
            (table, row) for table, row in export.rows(tx) if table != "token" and row.get("resource") != "company"
        ]
        rows = [(table, {**row, "company_id": 1}) for table, row in found]
    finally:
        home.db.rollback()
    return rows


def test_the_same_seed_tells_the_same(database: Home) -> None:
    assert told(database, 1) == told(database, 1)


def test_another_seed_tells_something_else(homes: Homes) -> None:
    assert told(homes["sqlite"], 1) != told(homes["sqlite"], 2)


@pytest.mark.postgres
def test_both_databases_tell_the_same(homes: Homes) -> None:
    assert told(homes["sqlite"], 1) == told(homes["postgres"], 1)


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_told_is_sound(database: Home, check: str) -> None:
    database.db.begin()
    try:
        tx = Tx(database.db, next(company_ids), 0, beginning(TODAY), "command")
        tell(tx, 3, TODAY, 60)
        assert list(CHECKS[check](tx)) == []
    finally:
        database.db.rollback()


def answer(line: str) -> int:
    """The status that a printed curl command gets."""
    words = shlex.split(line)
    (url,) = [word for word in words if word.startswith("http")]
    options = dict(pairwise(words))
    headers = dict(word.split(": ", 1) for option, word in pairwise(words) if option == "-H")
    body = options["-d"].encode() if "-d" in options else None
    request = urllib.request.Request(url, body, headers, method=options.get("-X", "GET"))  # noqa: S310  our own server
    with urllib.request.urlopen(request, timeout=30) as found:  # noqa: S310
        return int(found.status)


def test_the_printed_requests_work(dealflow_on_each: Program) -> None:
    demo = ("demo", "--database", dealflow_on_each.database)
    with dealflow_on_each.serving(*demo) as ready:
        lines = [line for line in dealflow_on_each.output().splitlines() if line.strip().startswith("curl")]
        statuses = [answer(line) for line in lines]
    assert statuses == [200, 200, 200]
    assert [len(user["sell_token"]) for user in ready["users"]] == [64] * len(PEOPLE)
    assert dealflow_on_each.json("check")["ok"]


def test_a_demo_database_is_used_again_with_new_tokens(dealflow: Program) -> None:
    demo = ("demo", "--database", dealflow.database)
    with dealflow.serving(*demo, "--deals", 20) as first:
        pass
    with dealflow.serving(*demo, "--deals", 30) as second:
        pass
    assert "20 deals" in dealflow.output()
    assert first["company_id"] == second["company_id"]
    assert first["users"][0]["pipedrive_token"] != second["users"][0]["pipedrive_token"]


def test_the_demo_leaves_other_companies_alone(acme: Program) -> None:
    assert "holds companies of its own" in acme.error("demo", "--database", acme.database, "--port", 0)
    assert [each["name"] for each in acme.json("company", "list")] == ["Acme"]


def test_the_demo_does_not_take_the_database_of_the_environment(acme: Program) -> None:
    with acme.serving("demo", "--deals", 5):
        pass
    assert (acme.folder / "data" / "dealflow" / "demo.db").exists()
    assert [each["name"] for each in acme.json("company", "list")] == ["Acme"]


def test_the_pipelines_are_those_promised() -> None:
    assert [len(plan.stages) for plan in PIPELINES] == [6, 6]
    assert datetime.fromtimestamp(beginning(TODAY) / 1e6, ZoneInfo(TIMEZONE)).date() == date(2025, 5, 20)
    assert NEW_COMPANY[0] == "company"
