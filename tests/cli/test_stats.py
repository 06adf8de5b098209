import json
import re
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.cli.conftest import NEW_COMPANY, Program

MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


def asked_over_http(program: Program, **query: str) -> dict[str, Any]:
    """What the endpoint tells the admin."""
    token = program.json("token", "new", "1")["token"]
    with program.serving("serve") as ready:
        request = urllib.request.Request(  # noqa: S310  our own server
            f"{ready['url']}/board/statistics/1?{urlencode(query)}", headers={"x-api-token": token}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
    return found


def test_json_is_what_the_endpoint_answers(filled: Program) -> None:
    figures = "funnel,movements,win_rate"
    answer = asked_over_http(filled, figures=figures, users="1,2", **{"from": "2020-01-01"})
    period = ("--from", "2020-01-01", "--to", answer["period"]["to"])
    printed = filled.json("stats", 1, *period, "--user", 1, "--user", 2, "--as-of", answer["as_of"])
    assert sum(row["entered"] for row in answer["figures"]["funnel"]["stages"]) > 0
    assert printed == answer


def test_the_table_has_every_stage_with_its_bar(filled: Program) -> None:
    rows = filled.json("stats", "New business", "--from", "2020-01-01")["figures"]["funnel"]["stages"]
    lines = filled.do("stats", "new business", "--from", "2020-01-01").splitlines()
    for row in rows:
        (line,) = (each for each in lines if each.split("  ")[0].strip() == row["name"] and "%" in each)
        assert str(row["entered"]) in line
        assert ("█" in line) == (row["entered"] > 0)


def test_the_longest_bar_is_that_of_the_most(filled: Program) -> None:
    text = filled.do("stats", 1, "--from", "2020-01-01")
    assert text.count("█" * 24) >= 2
    assert "█" * 25 not in text


@pytest.mark.parametrize("width", [80, 100])
def test_a_terminal_shows_the_funnel_without_breaking_it(filled: Program, width: int) -> None:
    done = filled.run("stats", 1, "--from", "2020-01-01", FORCE_COLOR="1", TERM="xterm", COLUMNS=str(width))
    lines = re.sub(r"\x1b\[[\d;]*m", "", done.stdout).splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in done.stdout
    assert [line.split("  ")[0].strip() for line in lines if line.endswith("% ")] == [
        each["name"] for each in filled.json("stage", "list", "--pipeline", 1)
    ]


def test_a_company_without_deals_has_dashes(acme: Program) -> None:
    text = acme.do("stats", "Pipeline")
    assert "Won 0, lost 0: - by number, - by value." in text
    assert "█" not in text


def test_what_is_printed_says_of_when_it_is(acme: Program) -> None:
    head = acme.do("stats", 1, *MARCH).splitlines()[0]
    assert head.startswith("Pipeline, 2026-03-01 to 2026-03-31 (Europe/Tallinn), all users, as of ")


def test_it_prints_from_each_kind_of_database(dealflow_on_each: Program) -> None:
    dealflow_on_each.do(*NEW_COMPANY)
    assert "Moves between stages: 0" in dealflow_on_each.do("stats", 1)


def test_names_are_printed_as_they_are(acme: Program) -> None:
    acme.do("stage", "rename", 1, "[bold]\x1b[31mRed")
    text = acme.do("stats", 1)
    assert "[bold]" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nope",), "pipeline nope not found"),
        (("99",), "pipeline 99 not found"),
        (("1", "--from", "soon"), "from: not a valid date"),
        (("1", "--to", "2026-02-30"), "to: not a valid date"),
        (("1", "--from", "2026-04-01", "--to", "2026-03-31"), "from: must not be after to"),
        (("1", "--user", "nobody@example.com"), "user nobody@example.com not found"),
        (("1", "--user", "1", "--user", "99"), "user 99 not found"),
        (("1", "--as-of", "yesterday"), "as_of: must be a day or an instant"),
        (("1", "--as-of", "2999-01-01"), "as_of: must not be in the future"),
        (("1", "--as-of", "2001-01-01"), "pipeline not found"),
        (("1", "--company", "7"), "company 7 not found"),
        (("1", "--database", "sqlite:///nowhere.db"), "nowhere.db not found"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(acme: Program, arguments: tuple[str, ...], said: str) -> None:
    assert said in acme.error("stats", *arguments)


def test_a_pipeline_has_to_be_named(acme: Program) -> None:
    assert acme.error("stats", code=2)


def test_memory_for_statistics_is_a_whole_number(acme: Program) -> None:
    said = acme.error("serve", "--port", 0, DEALFLOW_STATISTICS_MB="lots")
    assert "DEALFLOW_STATISTICS_MB must be a whole number of at least 0" in said
