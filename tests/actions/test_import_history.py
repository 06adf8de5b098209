"""What a history file becomes, and what becomes of it again (docs/history-file.md)."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from dealflow.actions.companies import new_user, set_up_company
from dealflow.actions.deals import add_deal, update_deal
from dealflow.actions.history_file import LONGEST_LINE
from dealflow.core.money import amount
from dealflow.core.time import DAY, Instant
from dealflow.storage import events, external_keys, pipelines, users
from dealflow.storage.checks import CHECKS
from dealflow.storage.deals import deals
from dealflow.storage.tx import Tx
from tests.support.databases import Clock, Home, company_ids
from tests.support.histories import Step, beginnings, histories, lived
from tests.support.history import bring, checked, rows, text_of, told
from tests.support.lengths import length
from tests.support.lives import files
from tests.support.server import Client

PAGE: Final = Path(__file__).parents[2] / "docs" / "history-file.md"
together = settings(deadline=None, suppress_health_check=list(HealthCheck))

COMPANY = {"kind": "company", "currency": "SEK", "timezone": "Europe/Stockholm"}
BOB = {"kind": "user", "key": "u1", "name": "Bob", "email": "bob@people.example"}
EVE = {"kind": "user", "key": "u2", "name": "Eve", "email": "eve@people.example"}
SALES = {"kind": "pipeline", "key": "p1", "name": "Sales", "probability_enabled": False}
FIRST = {"kind": "stage", "key": "s1", "pipeline": "p1", "name": "First", "likelihood": 20}
SECOND = {"kind": "stage", "key": "s2", "pipeline": "p1", "name": "Second", "likelihood": 60}
HEAD = (COMPANY, BOB, EVE, SALES, FIRST, SECOND)
CREATED = {"at": "2026-01-05T09:00:00Z", "type": "created", "stage": "s1"}


def deal(*more: dict[str, Any], **other: Any) -> dict[str, Any]:
    """The line of a deal; its further events come a day after each other unless they say when."""
    later = [{"at": f"2026-01-{6 + day:02}T09:00:00Z", **event} for day, event in enumerate(more)]
    line = {"kind": "deal", "key": "d1", "title": "Roof", "value": "900", "currency": "EUR", "owner": "u1"}
    return {**line, "events": [CREATED, *later], **other}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


@pytest.fixture
def empty(tx: Tx) -> Tx:
    """A company without pipelines, in the transaction of `tx`."""
    return new_company(tx)


def new_company(tx: Tx) -> Tx:
    made = Tx(tx.db, next(company_ids), 0, tx.now)
    set_up_company(
        made, "New", currency="EUR", timezone="UTC", admin_name="Ann", admin_email="ann@new.example", template="empty"
    )
    return made


# -------------------------------------------------------------------------------------------------------- round trip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(together, max_examples=length(60, nightly=2_000))
@given(files())
def test_a_file_in_the_form_of_an_export_comes_back_as_it_was(tx: Tx, file: Path, content: bytes) -> None:
    company = new_company(tx)
    bring(company, file, content)
    assert told(company) == content


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres", "partitioned"], indirect=True)
@settings(together, max_examples=length(3, nightly=100))
@given(files())
def test_it_does_so_on_a_server_too(tx: Tx, file: Path, content: bytes) -> None:
    company = new_company(tx)
    bring(company, file, content)
    assert told(company) == content


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(together, max_examples=length(12, nightly=500))
@given(beginnings, histories)
def test_what_was_lived_is_told_and_brought_in_and_told_again(
    tx: Tx, file: Path, beginning: Instant, history: list[tuple[int, Step]]
) -> None:
    company = lived(tx, beginning, history).tx
    once = told(company)
    other = new_company(company)
    bring(other, file, once)
    assert told(other) == once
    assert [problem for check in CHECKS.values() for problem in check(other)] == []


# ------------------------------------------------------------------------------------------------------- what is made


def test_a_deal_is_as_if_it_had_been_lived(empty: Tx, file: Path) -> None:
    moved, won = {"type": "stage", "stage": "s2"}, {"type": "won"}
    bring(empty, file, text_of(*HEAD, deal(moved, won, {"type": "reopened"}, {"type": "lost", "reason": "Price"})))
    found = deals.get(empty, 1)
    begun = found.started_at
    assert (found.outcome, found.loss_reason, found.origin, found.visibility) == ("lost", "Price", "Import", 3)
    assert (found.stage_changed_at, found.first_won_at, found.outcome_at, found.sell_stage_changed_at) == (
        begun + DAY,
        begun + 2 * DAY,
        begun + 4 * DAY,
        begun + 4 * DAY,
    )
    assert (found.creator_id, found.updated_at, found.version) == (found.owner_id, begun + 4 * DAY, 5)
    assert {event.actor_id for event in events.of_record(empty, "deal", 1)} == {None}


def test_what_is_made_besides_is_there_from_the_beginning(empty: Tx, file: Path) -> None:
    bring(empty, file, text_of(*HEAD, deal()))
    (pipeline,) = pipelines.live_pipelines(empty)
    stages = pipelines.stages.all(empty, {"pipeline": {"pipeline_id": pipeline.id}}, order="position")
    begun = deals.get(empty, 1).started_at
    assert [(stage.name, stage.likelihood) for stage in stages] == [
        ("First", 20),
        ("Second", 60),
        ("Won", 100),
        ("Lost", 0),
        ("Unqualified", 0),
    ]
    assert {pipeline.created_at, *(stage.created_at for stage in stages)} == {begun}
    assert {event.at for event in events.of_record(empty, "pipeline", pipeline.id)} == {begun}


def test_a_company_without_deals_takes_currency_and_time_zone_over(empty: Tx, file: Path) -> None:
    bring(empty, file, text_of(*HEAD, deal(currency=None)))
    company = users.company(empty)
    (changed,) = [event for event in events.of_record(empty, "company", empty.company_id) if event.action == "updated"]
    assert (company.currency, company.timezone, company.version) == ("SEK", "Europe/Stockholm", 2)
    assert changed.after == {"currency": "SEK", "timezone": "Europe/Stockholm"}
    assert deals.get(empty, 1).currency == "SEK"


def test_a_company_with_deals_keeps_its_own(empty: Tx, file: Path) -> None:
    bring(empty, file, text_of(*HEAD[1:], deal()))
    bring(empty, file, text_of(*HEAD, deal(), deal(key="d2", currency=None)))
    assert (users.company(empty).currency, deals.get(empty, 2).currency) == ("EUR", "SEK")


def test_users_are_known_by_their_address(empty: Tx, file: Path) -> None:
    bob = new_user(empty, "Robert", "BOB@people.example").user
    imported = bring(empty, file, text_of(*HEAD, deal()))
    assert (imported.users.matched, imported.users.added) == (1, 1)
    assert (users.users.get(empty, bob.id).name, deals.get(empty, 1).owner_id) == ("Robert", bob.id)


def test_users_who_are_made_have_no_tokens(empty: Tx, file: Path) -> None:
    before = users.tokens(empty)
    bring(empty, file, text_of(*HEAD, deal()))
    assert [user.is_active for user in users.everyone(empty)] == [True, True, True]
    assert users.tokens(empty) == before


def test_a_reason_is_linked_to_the_companys_word_for_it(empty: Tx, file: Path) -> None:
    other = Tx(empty.db, next(company_ids), 0, empty.now)
    set_up_company(
        other, "New", currency="EUR", timezone="UTC", admin_name="Ann", admin_email="a@new.example", template="sell"
    )
    bring(other, file, text_of(*HEAD, deal({"type": "lost", "reason": "price"})))
    found = deals.get(other, 1)
    assert found.loss_reason == "price"
    assert found.loss_reason_id is not None


def test_events_that_change_nothing_are_left_out(empty: Tx, file: Path) -> None:
    idle: list[dict[str, Any]] = [
        {"type": "stage", "stage": "s1"},
        {"type": "reopened"},
        {"type": "value", "value": 900},
    ]
    imported = bring(empty, file, text_of(*HEAD, deal(*idle, {"type": "owner", "owner": "u1"}, {"type": "unarchived"})))
    assert imported.events == 1
    assert [event.action for event in events.of_record(empty, "deal", 1)] == ["created", "followed"]


def test_what_is_out_of_use_was_in_use_before(empty: Tx, file: Path) -> None:
    other = {"kind": "pipeline", "key": "p2", "name": "Old", "deleted": True}
    gone = {"kind": "stage", "key": "s3", "pipeline": "p1", "name": "Gone", "deleted": True}
    bring(empty, file, text_of(COMPANY, BOB, {**SALES, "disabled": True}, other, FIRST, SECOND, gone, deal()))
    assert [(each.name, each.state) for each in pipelines.pipelines.all(empty, {})] == [
        ("Sales", "disabled"),
        ("Old", "deleted"),
    ]
    stage = pipelines.stages.get(empty, external_keys.known(empty, "stage", ["s3"])["s3"])
    assert (stage.created_at, stage.deleted_at) == (deals.get(empty, 1).started_at, empty.now)


def test_times_keep_their_microseconds_and_lose_their_offset(empty: Tx, file: Path) -> None:
    begun = {"at": "2026-01-05T09:00:00.000250+02:00", "type": "created", "stage": "s1"}
    bring(empty, file, text_of(*HEAD, deal(events=[begun])))
    assert b"2026-01-05T07:00:00.000250Z" in told(empty)


@pytest.mark.parametrize(
    ("given_value", "kept", "shown"),
    [
        ("1200.5", "1200.5", "1200.50"),
        (1200.5, "1200.5", "1200.50"),
        (0.1, "0.1", "0.10"),
        ("900.0000000", "900", "900"),
        (-3, "-3", "-3"),
        ("-0.0001", "-0.0001", "-0.0001"),
    ],
)
def test_values_are_exact(empty: Tx, file: Path, given_value: object, kept: str, shown: str) -> None:
    bring(empty, file, text_of(*HEAD, deal(value=given_value)))
    assert deals.get(empty, 1).value == amount(Decimal(kept))
    assert f'"value":"{shown}"'.encode() in told(empty)


def test_a_byte_order_mark_and_empty_lines_are_no_matter(empty: Tx, file: Path) -> None:
    content = text_of(*HEAD, deal())
    bring(empty, file, b"\xef\xbb\xbf\r\n" + content.replace(b"\n", b"\r\n\n  \n"))
    assert told(empty) == content


# --------------------------------------------------------------------------------------------------------- once more


def test_a_second_run_changes_nothing(empty: Tx, file: Path) -> None:
    content = text_of(COMPANY, BOB, EVE, SALES, {**SALES, "key": "p2", "disabled": True}, FIRST, SECOND, deal())
    bring(empty, file, content)
    before = rows(empty)
    empty.now = Instant(empty.now + DAY)
    again = bring(empty, file, content)
    assert rows(empty) == before
    assert (again.users, again.pipelines, again.stages, again.deals, again.events) == (
        (0, 2, 0),
        (0, 2, 0),
        (0, 2, 0),
        (0, 1, 0),
        0,
    )


def test_what_is_known_is_left_as_it_is(empty: Tx, file: Path) -> None:
    bring(empty, file, text_of(*HEAD, deal()))
    update_deal(empty, 1, {"title": "Renamed", "outcome": "won"})
    before = rows(empty)
    imported = bring(empty, file, text_of(*HEAD, deal({"type": "lost"}), deal(key="d2")))
    assert [row for row in rows(empty) if row in before and row[0] == "deal"] == [
        row for row in before if row[0] == "deal"
    ]
    assert (imported.deals.added, imported.deals.there) == (1, 1)


def test_made_keys_make_way_for_those_that_were_brought(empty: Tx, file: Path) -> None:
    bring(empty, file, text_of(*HEAD, deal(key="d2"), deal(key="d3")))
    assert add_deal(empty, {"title": "Own"}).id == 3
    keys = [json.loads(line)["key"] for line in told(empty).splitlines()[-3:]]
    assert keys == ["d2", "d3", "d3_"]


# --------------------------------------------------------------------------------------------------------- bad lines

BAD_LINES: Final[dict[str, tuple[dict[str, Any] | bytes, str]]] = {
    "no JSON": (b'{"kind":"deal",', "is not JSON"),
    "no UTF-8": (b'{"kind":"user","key":"\xff","name":"x","email":"x@y"}', "is not UTF-8"),
    "a list": (b"[]", "expected"),
    "long": (b'{"kind":"user","key":"' + b"x" * LONGEST_LINE + b'"}', "is longer than 1,048,576 bytes"),
    "no kind": ({"key": "x"}, 'missing required field "kind"'),
    "unknown kind": ({"kind": "note"}, 'kind: invalid value "note"'),
    "unknown attribute": (deal(colour="red"), 'unknown field "colour"'),
    "missing attribute": ({"kind": "user", "key": "x", "name": "X"}, 'missing required field "email"'),
    "mistyped attribute": (deal(title=3), 'title: expected "str", got "int"'),
    "empty key": (deal(key=""), "key: expected"),
    "long key": (deal(key="x" * 256), "key: expected"),
    "U+0000": (deal(title="a\0b"), "U+0000"),
    "order of kinds": (FIRST | {"key": "x"}, "a stage must not come after a deal"),
    "known key": (deal(), 'there is a deal "d1" in the file already'),
    "unknown stage": (deal({"type": "stage", "stage": "s9"}, key="x"), 'stage "s9" is not in the file'),
    "unknown user": (deal(key="x", owner="u9"), 'user "u9" is not in the file'),
    "unknown new owner": (deal({"type": "owner", "owner": "\x1b"}, key="x"), 'user "\\u001b" is not in the file'),
    "no title": (deal(key="x", title=" "), "title: must not be empty"),
    "currency": (deal(key="x", currency="EURO"), "currency: unknown currency"),
    "digits": (deal(key="x", value="0.00001"), "value: must have at most four decimals"),
    "too large": (deal(key="x", value="1e999999999"), "value: too large"),
    "tiny": (deal(key="x", value="1e-999999999"), "value: must have at most four decimals"),
    "not a number": (deal(key="x", value="NaN"), "value: not a valid number"),
    "word for a number": (deal(key="x", value="much"), "value: invalid decimal"),
    "no events": (deal(key="x", events=[]), 'events: the first must be "created"'),
    "not created": (deal(key="x", events=[{**CREATED, "type": "won"}]), "events[0]: "),
    "won first": (
        deal(key="x", events=[{"at": "2026-01-01T00:00:00Z", "type": "won"}]),
        'events[0] (won): the first must be "created"',
    ),
    "created twice": (deal(CREATED, key="x"), "events[1] (created): "),
    "out of order": (
        deal({"type": "won", "at": "2026-01-05T08:59:59.999999Z"}, key="x"),
        "events[1] (won): is earlier than the one before",
    ),
    "future": (deal({"type": "won", "at": "2099-01-01T00:00:00Z"}, key="x"), "events[1] (won): is in the future"),
    "before all time": (
        deal(key="x", events=[{**CREATED, "at": "0001-01-01T00:00:00+10:00"}]),
        "events[0] (created): is too long ago",
    ),
    "no time zone": (deal({"type": "won", "at": "2026-01-06T00:00:00"}, key="x"), "events[1].at: expected"),
    "no time": (deal({"type": "won", "at": "soon"}, key="x"), "events[1].at: invalid"),
    "unknown event": (deal({"type": "sneezed"}, key="x"), 'events[1].type: invalid value "sneezed"'),
    "foreign attribute": (deal({"type": "won", "reason": "x"}, key="x"), "events[1]: object contains unknown field"),
    "empty value": (deal({"type": "value"}, key="x"), "events[1] (value): names neither value nor currency"),
    "event's currency": (
        deal({"type": "value", "currency": "EURO"}, key="x"),
        "events[1] (value): currency: unknown currency",
    ),
    "after deletion": (deal({"type": "deleted"}, {"type": "won"}, key="x"), "events[2] (won): the deal is deleted"),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_named_and_skipped(empty: Tx, file: Path, name: str) -> None:
    line, reason = BAD_LINES[name]
    bad = line if isinstance(line, bytes) else text_of(line).strip()
    content = text_of(*HEAD, deal()) + bad + b"\n" + text_of(deal(key="last"))
    found = checked(empty, file, content)
    assert [(fault.line, reason in fault.reason) for fault in found.faults] == [(8, True)], found.faults
    assert bring(empty, file, content).deals.added == 2


BAD_HEADS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "company's currency": ({**COMPANY, "currency": "X"}, "currency: unknown currency"),
    "time zone": ({**COMPANY, "timezone": "Mars/Olympus"}, "timezone: unknown time zone"),
    "address": ({**BOB, "email": "bob"}, "email: not a valid e-mail address"),
    "name": ({**BOB, "name": " "}, "name: must not be empty"),
    "likelihood": ({**FIRST, "likelihood": 101}, "likelihood: must be from 0 to 100"),
    "pipeline": ({**FIRST, "pipeline": "p9"}, 'pipeline "p9" is not in the file'),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", BAD_HEADS)
def test_a_bad_head_is_named(empty: Tx, file: Path, name: str) -> None:
    line, reason = BAD_HEADS[name]
    kinds = ("company", "user", "pipeline", "stage")
    before = [each for each in HEAD if kinds.index(each["kind"]) < kinds.index(line["kind"])]
    found = checked(empty, file, text_of(*before, line))
    assert [(fault.line, fault.reason) for fault in found.faults] == [(len(before) + 1, reason)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_second_company_or_address_is_bad(empty: Tx, file: Path) -> None:
    found = checked(empty, file, text_of(COMPANY, COMPANY, BOB, {**EVE, "email": "Bob@People.example"}))
    assert [fault.line for fault in found.faults] == [2, 4]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_refers_to_a_bad_line_is_left_out_with_it(empty: Tx, file: Path) -> None:
    bad = {**BOB, "email": "nowhere"}
    content = text_of(COMPANY, bad, EVE, SALES, FIRST, SECOND, deal(), deal(key="d2", owner="u2"))
    found = checked(empty, file, content)
    assert [(fault.line, fault.reason) for fault in found.faults] == [
        (2, "email: not a valid e-mail address"),
        (7, 'user "u1" stands in a bad line'),
    ]
    bring(empty, file, content)
    assert external_keys.known(empty, "deal", ["d1", "d2"]) == {"d2": 1}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_bad_lines_are_counted_beyond_those_that_are_shown(empty: Tx, file: Path) -> None:
    found = checked(empty, file, text_of(*HEAD) + b"nonsense\n" * 300 + text_of(deal()))
    assert (len(found.bad), len(found.faults), found.deals) == (300, 100, 1)


# -------------------------------------------------------------------------------------------------------- statistics


def test_an_imported_past_is_in_the_statistics(database: Home, clock: Clock, file: Path) -> None:
    """The example of the page on history files, asked for by a client."""
    content = re.findall(r"```json-lines\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0].encode()
    with database.transaction(next(company_ids)) as tx:
        _, ann = set_up_company(
            tx,
            f"New {tx.company_id}",
            currency="EUR",
            timezone="UTC",
            admin_name="Ann",
            admin_email="ann@example.com",
            template="empty",
        )
        bring(tx, file, content)
        assert told(tx) == content
    client = Client(database.served(), ann.pipedrive_token, ann.user.id)
    march = {"start_date": "2026-03-01", "end_date": "2026-03-31"}
    shown = client.get("/v1/pipelines/1/conversion_statistics", **march).data
    assert [each["conversion_rate"] for each in shown["stage_conversions"]] == [50]
    assert (shown["won_conversion"], shown["lost_conversion"]) == (50, 50)
