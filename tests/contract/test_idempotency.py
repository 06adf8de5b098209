"""Idempotency-Key: a retry is answered as the first request was, and changes nothing."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from dealflow.core.time import DAY
from dealflow.storage.idempotency import KEPT_DAYS
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.server import Client, Response

TWINS: Final = 8


def add(client: Client, key: str, title: str = "Retried", path: str = "/api/v2/deals") -> Response:
    return client.call("POST", path, {"title": title}, headers={"Idempotency-Key": key})


def is_replay(response: Response) -> bool:
    return response.headers.get("idempotent-replayed") == "true"


def titles(server: Server) -> list[str]:
    return [deal["title"] for deal in server.admin.get("/api/v2/deals", limit=500).data]


def changed(server: Server, act: Callable[[], object]) -> set[str]:
    """The tables of the company in which something differs afterwards."""
    before = server.home.dump(server.company.company_id)
    act()
    after = server.home.dump(server.company.company_id)
    return {name for name in after if after[name] != before[name]}


def test_a_retry_gets_the_first_answer_and_says_so(server: Server) -> None:
    first, again = add(server.admin, "k"), add(server.admin, "k")
    assert (again.status, again.raw, is_replay(first), is_replay(again)) == (first.status, first.raw, False, True)


def test_a_retry_changes_nothing_at_all(server: Server) -> None:
    add(server.admin, "k")
    assert changed(server, lambda: add(server.admin, "k")) == set()


def test_the_answer_is_kept_with_the_change_it_tells_of(server: Server) -> None:
    assert {"deal", "event", "idempotency"} <= changed(server, lambda: add(server.admin, "k"))


@pytest.mark.parametrize("path", ["/api/v2/deals", "/v1/deals", "/api/v1/deals"])
def test_both_versions_keep_keys(server: Server, path: str) -> None:
    answers = [add(server.admin, "k", path=path) for _ in range(3)]
    assert [is_replay(each) for each in answers] == [False, True, True]
    assert titles(server) == ["Retried"]


def test_a_change_and_a_deletion_can_be_retried(server: Server) -> None:
    deal = f"/api/v2/deals/{add(server.admin, 'k').data['id']}"
    changes = [
        server.admin.call("PATCH", deal, {"title": "Changed"}, headers={"Idempotency-Key": "change"}) for _ in "12"
    ]
    deletions = [server.admin.call("DELETE", deal, headers={"Idempotency-Key": "delete"}) for _ in "12"]
    assert [(each.status, is_replay(each)) for each in changes + deletions] == [(200, False), (200, True)] * 2


@pytest.mark.parametrize(
    "other",
    [
        lambda client: add(client, "k", "Another"),
        lambda client: add(client, "k", path="/v1/deals"),
        lambda client: add(client, "k", path="/api/v2/deals?custom_fields="),
        lambda client: client.call("PATCH", "/api/v2/deals/1", {"title": "Retried"}, headers={"Idempotency-Key": "k"}),
    ],
    ids=["body", "path", "query", "method"],
)
def test_a_key_does_not_serve_another_request(server: Server, other: Callable[[Client], Response]) -> None:
    add(server.admin, "k")
    answer = other(server.admin)
    assert (answer.status, answer.body["error"]) == (400, "Idempotency-Key was used with another request")
    assert titles(server) == ["Retried"]


def test_keys_of_two_users_do_not_meet(server: Server) -> None:
    add(server.admin, "k", "One")
    assert not is_replay(add(server.seller, "k", "Two"))
    assert titles(server) == ["One", "Two"]


def test_keys_of_two_companies_do_not_meet(server: Server) -> None:
    add(server.admin, "k", "One")
    assert not is_replay(add(server.other, "k", "Two"))
    assert titles(server) == ["One"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v2/deals", {}, 400),
        ("POST", "/api/v2/deals", {"title": "x", "stage_id": 999}, 400),
        ("PATCH", "/api/v2/deals/999", {"title": "x"}, 404),
        ("POST", "/api/v2/nothing", {}, 404),
        ("DELETE", "/api/v2/pipelines/1", {}, 400),
    ],
)
def test_nothing_is_kept_of_a_failure(server: Server, method: str, path: str, body: object, status: int) -> None:
    answers: list[Response] = []

    def try_twice() -> None:
        answers.extend(server.admin.call(method, path, body, headers={"Idempotency-Key": "k"}) for _ in range(2))

    assert changed(server, try_twice) == set()
    assert [(each.status, is_replay(each)) for each in answers] == [(status, False)] * 2


def test_a_key_that_failed_can_be_used_for_the_corrected_request(server: Server) -> None:
    add(server.admin, "k", "")
    assert add(server.admin, "k", "Corrected").status == 200


def test_a_token_that_may_not_write_finds_no_answer(server: Server) -> None:
    add(server.admin, "k")
    assert add(server.stranger, "k").status == 401


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"], ids=["empty", "long", "tab"])
def test_a_key_has_1_to_255_printable_characters(server: Server, key: str) -> None:
    assert add(server.admin, key).status == 400
    assert titles(server) == []


def test_the_longest_key_is_kept(server: Server) -> None:
    assert [is_replay(add(server.admin, "x" * 255)) for _ in range(2)] == [False, True]


def test_a_key_on_a_read_means_nothing(server: Server) -> None:
    answers = [server.admin.call("GET", "/api/v2/deals", headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [(each.status, is_replay(each)) for each in answers] == [(200, False)] * 2


def test_writes_without_a_key_are_each_done(server: Server) -> None:
    server.admin.post("/api/v2/deals", {"title": "Again"})
    server.admin.post("/api/v2/deals", {"title": "Again"})
    assert titles(server) == ["Again", "Again"]


def test_twins_at_the_same_time_have_one_effect(server: Server) -> None:
    answers = at_once([lambda: add(server.admin, "twin")] * TWINS)
    assert titles(server) == ["Retried"]
    assert {(each.status, each.raw) for each in answers} == {(200, answers[0].raw)}
    assert sorted(is_replay(each) for each in answers) == [False] + [True] * (TWINS - 1)


def test_of_different_requests_under_one_key_at_the_same_time_one_wins(server: Server) -> None:
    answers = at_once([lambda i=i: add(server.admin, "rival", f"Rival {i}") for i in range(TWINS)])  # type: ignore[misc]
    assert sorted(each.status for each in answers) == [200] + [400] * (TWINS - 1)
    assert titles(server) == [each.data["title"] for each in answers if each.status == 200]


def at_once(acts: Sequence[Callable[[], Response]]) -> list[Response]:
    """The answers of requests that are sent at the same time."""
    answers: list[Response] = []
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Response]) -> None:
        barrier.wait()
        answers.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_an_answer_is_kept_for_a_day_and_not_for_ever(server: Server, clock: Clock) -> None:
    first = add(server.admin, "k")
    clock.advance(days=1)
    assert add(server.admin, "k").raw == first.raw
    clock.advance(days=KEPT_DAYS)
    add(server.admin, "another key")
    assert kept_before(server, clock.now - KEPT_DAYS * DAY) == []
    assert not is_replay(add(server.admin, "k"))


def kept_before(server: Server, instant: int) -> list[str]:
    """Keys whose answers were kept before an instant."""
    columns = server.home.dump(server.company.company_id)["idempotency"]
    return [str(row) for row in columns if int(row[-1]) < instant]
