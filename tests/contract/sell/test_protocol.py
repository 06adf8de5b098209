"""How Sell is spoken (contract, sections 0 and 1)."""

import gzip
import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tests.contract.test_bad_input import BOMBS, LATEST_S, NAUGHTY
from tests.support.databases import Home
from tests.support.inside import INSIDE
from tests.support.oauth import granted
from tests.support.people import Server
from tests.support.raw import Heard, Raw
from tests.support.sell import AGENT, SellClient, codes, items
from tests.support.server import Json, Response, Served

on_one_database: Final = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
REASONS: Final = "/v2/loss_reasons"


def add_reason(sell: SellClient, name: str = "Too late") -> int:
    reason: int = sell.post(REASONS, {"name": name}).data["id"]
    return reason


def error_of(answer: Response) -> Json:
    """The only error of an answer."""
    (found,) = answer.body["errors"]
    return found["error"]


# ------------------------------------------------------------------------------------------------- order of checks


class Fault(NamedTuple):
    """Something wrong with a request, and how it is answered."""

    name: str
    status: int
    code: str


FAULTS: Final = (
    Fault("path", 404, "not_found"),
    Fault("method", 405, "incorrect_path"),
    Fault("token", 401, "unauthorized"),
    Fault("scope", 403, "insufficient_scope"),
    Fault("agent", 400, "invalid_user_agent"),
    Fault("accept", 406, "invalid_header"),
    Fault("query", 400, "invalid_param"),
    Fault("syntax", 400, "invalid_payload"),
    Fault("form", 422, "incorrect_payload"),
    Fault("record", 404, "not_found"),
    Fault("attribute", 422, "unknown"),
)


def ask_wrongly(server: Server, sell: SellClient, faults: tuple[str, ...], missing: str = "999999") -> Response:
    """An update of a loss reason with all these faults."""
    client = granted(server, "read") if "scope" in faults else sell
    body = b'{"colour":1}' if "form" in faults else b'{"data":{"colour":1}}' if "attribute" in faults else b""
    headers: dict[str, str | None] = {"User-Agent": None} if "agent" in faults else {}
    if "token" in faults:
        headers["Authorization"] = "Bearer unknown"
    if "accept" in faults:
        headers["Accept"] = "text/html"
    return client.call(
        "PATCH" if "method" in faults else "PUT",
        f"{'/v2/nowhere' if 'path' in faults else REASONS}/{missing if 'record' in faults else add_reason(sell)}",
        query={"zebra": 1} if "query" in faults else None,
        headers=headers,
        raw=b"{" if "syntax" in faults else body,
    )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_of_several_faults_the_first_in_order_is_told(fault: Fault, server: Server, sell: SellClient) -> None:
    others = tuple(each.name for each in FAULTS[FAULTS.index(fault) :])
    answer = ask_wrongly(server, sell, others)
    assert (answer.status, error_of(answer)["code"]) == (fault.status, fault.code)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_told_on_its_own(fault: Fault, server: Server, sell: SellClient) -> None:
    answer = ask_wrongly(server, sell, (fault.name,))
    assert (answer.status, error_of(answer)["code"]) == (fault.status, fault.code)


@pytest.mark.parametrize("missing", ["0", "-1", "abc", "1.5", "9223372036854775808", "1" * 400, "%D9%A3"])
def test_what_is_no_id_is_a_missing_record_and_comes_as_late(server: Server, sell: SellClient, missing: str) -> None:
    answer, late = (
        ask_wrongly(server, sell, faults, missing) for faults in (("record", "attribute"), ("query", "record"))
    )
    assert (answer.status, codes(answer), codes(late)) == (404, [(None, "not_found")], [(None, "invalid_param")])


def test_nothing_wrong_is_answered(server: Server, sell: SellClient) -> None:
    assert ask_wrongly(server, sell, ()).status == 200


# --------------------------------------------------------------------------------------------------------- errors


def test_an_error_has_the_envelope(sell: SellClient) -> None:
    answer = sell.post(REASONS, {"name": "Late", "colour": 1})
    more = {"links": {"more_info": "https://developers.getbase.com/docs/rest/articles/errors"}}
    assert answer.body == {
        "errors": [
            {
                "error": {
                    "resource": "loss_reason",
                    "field": "/colour",
                    "code": "unknown",
                    "message": "unknown attribute",
                    "details": "The attribute '/colour' is not a known attribute for the 'loss_reason' resource.",
                },
                "meta": {"type": "error", **more},
            }
        ],
        "meta": {
            "type": "errors",
            "http_status": "422 Unprocessable Entity",
            "logref": answer.headers["x-request-id"],
            **more,
        },
    }


REFUSALS: Final[Mapping[str, tuple[str, str, dict[str, Any]]]] = {
    "401": ("GET", "/v2/deals", {"headers": {"Authorization": None}}),
    "404": ("GET", "/v2/deals/999", {}),
    "404 path": ("GET", "/v2/nowhere", {}),
    "405": ("POST", "/v2/pipelines", {}),
    "406": ("GET", "/v2/deals", {"headers": {"Accept": "text/html"}}),
    "400": ("GET", "/v2/deals?zebra=1", {}),
    "415": ("POST", REASONS, {"headers": {"Content-Encoding": "gzip"}, "raw": b"x"}),
    "422": ("POST", REASONS, {"attributes": {}}),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_is_the_envelope_with_the_id_of_its_request(
    sell: SellClient, refusal: tuple[str, str, dict[str, Any]]
) -> None:
    method, path, how = refusal
    answer = sell.call(method, path, **how)
    assert answer.status >= 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    logref = answer.body["meta"]["logref"]
    assert logref == answer.headers["x-request-id"] == str(uuid.UUID(logref))
    assert answer.body["meta"]["http_status"].startswith(f"{answer.status} ")
    for each in answer.body["errors"]:
        assert {name: type(each["error"][name]) for name in ("code", "message", "details")} == {
            "code": str,
            "message": str,
            "details": str,
        }


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Token x"])
def test_a_missing_or_malformed_token_is_unauthorized(sell: SellClient, authorization: str | None) -> None:
    answer = sell.call("GET", "/v2/users/self", headers={"Authorization": authorization})
    assert (answer.status, error_of(answer)) == (
        401,
        {
            "code": "unauthorized",
            "message": "request is unauthorized",
            "details": "The required access token is either missing, malformed, expired or invalid.",
        },
    )


def test_the_other_dialects_ways_to_sign_in_do_not_count(sell: SellClient) -> None:
    headers = {"Authorization": None, "X-Api-Token": str(sell.token)}
    assert sell.call("GET", "/v2/deals", headers=headers).status == 401
    assert sell.call("GET", f"/v2/deals?api_token={sell.token}", headers={"Authorization": None}).status == 401


def test_the_tokens_of_both_dialects_open_the_door(server: Server) -> None:
    client = SellClient(server.served, server.company.admin.pipedrive_token)
    assert client.get("/v2/pipelines").status == 200


def test_the_scheme_of_a_token_may_be_written_anyhow(sell: SellClient) -> None:
    assert sell.call("GET", "/v2/pipelines", headers={"Authorization": f"bearer {sell.token}"}).status == 200


def test_a_missing_record_is_named(sell: SellClient) -> None:
    assert error_of(sell.get("/v2/products/23231")) == {
        "resource": "product",
        "code": "not_found",
        "message": "resource you are looking for was not found",
        "details": "Resource of the type 'product' with the id '23231' was not found.",
    }


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/v2/deals/x", "deal"),
        ("/v2/deals/v2", "deal"),
        ("/v2/deals/" + "1" * 60, "deal"),
        ("/v2/contacts/0", "contact"),
        ("/v2/loss_reasons/x", "loss_reason"),
        ("/v2/deal_sources/x", "source"),
        ("/v2/sources/x", "source"),
        ("/v2/deals/x/associated_contacts", "deal"),
        ("/v2/orders/x/line_items", "order"),
        ("/v2/orders/1/line_items/x", "line_item"),
        ("/v2/text_messages/x", "text_message"),
    ],
)
def test_a_word_for_an_id_is_a_missing_record_of_its_kind(sell: SellClient, path: str, resource: str) -> None:
    assert error_of(sell.get(path))["resource"] == resource


@pytest.mark.parametrize(
    "path",
    [
        "/v2",
        "/v2/",
        "/v2/nowhere",
        "/v2/stages/1",
        "/v2/pipelines/1",
        "/v2/deals/1/notes",
        "/v2/deals.json",
        "/v2/Deals",
        "/v2//deals",
        "/v3/deals",
        "/v3/nowhere",
    ],
)
def test_an_unknown_path_is_told_with_and_without_a_token(sell: SellClient, stranger: SellClient, path: str) -> None:
    for client in (sell, stranger):
        answer = client.get(path)
        assert (answer.status, error_of(answer)) == (
            404,
            {"code": "not_found", "message": "Not Found", "details": f"Requested path '{path}' was not found."},
        )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v2/pipelines", "GET"),
        ("DELETE", "/v2/stages", "GET"),
        ("PATCH", "/v2/deals/1", "DELETE, GET, PUT"),
        ("PUT", "/v2/deals", "GET, POST"),
        ("OPTIONS", "/v2/deals", "GET, POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(stranger: SellClient, method: str, path: str, allowed: str) -> None:
    answer = stranger.call(method, path)
    assert (answer.status, error_of(answer)["code"], answer.headers["allow"]) == (405, "incorrect_path", allowed)


@pytest.mark.parametrize(
    ("attributes", "field", "code"),
    [
        ({}, "/name", "missing"),
        ({"name": None}, "/name", "blank"),
        ({"name": ""}, "/name", "blank"),
        ({"name": "  "}, "/name", "blank"),
        ({"name": 1}, "/name", "invalid_type"),
        ({"name": "a" * 256}, "/name", "incorrect_value"),
        ({"name": "Taken"}, "/name", "already_exists"),
        ({"name": "New", "a/b~c": 1}, "/a~1b~0c", "unknown"),
    ],
)
def test_what_is_wrong_with_an_attribute_has_its_code(
    sell: SellClient, attributes: Json, field: str, code: str
) -> None:
    add_reason(sell, "Taken")
    answer = sell.post(REASONS, attributes)
    assert (answer.status, codes(answer)) == (422, [(field, code)])
    assert error_of(answer)["details"].startswith(f"The attribute '{field}' ")


def test_all_that_is_wrong_is_told_at_once(sell: SellClient) -> None:
    answer = sell.post(REASONS, {"name": 1, "colour": 1, "size": None})
    assert sorted(codes(answer)) == [("/colour", "unknown"), ("/name", "invalid_type"), ("/size", "unknown")]


def test_of_very_much_that_is_wrong_enough_is_told(sell: SellClient) -> None:
    answer = sell.post(REASONS, {f"attribute {i}": i for i in range(20_000)})
    assert (answer.status, len(answer.body["errors"])) == (422, 50)


def test_products_point_below_data(sell: SellClient) -> None:
    assert codes(sell.post("/v2/products", {"colour": 1})) == [("/data/colour", "unknown"), ("/data/name", "missing")]


# --------------------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize("agent", [None, "", "  "])
def test_a_program_says_its_name(sell: SellClient, agent: str | None) -> None:
    answer = sell.call("GET", "/v2/pipelines", headers={"User-Agent": agent})
    assert (answer.status, error_of(answer)) == (
        400,
        {
            "code": "invalid_user_agent",
            "message": "invalid request header",
            "details": "The request header 'User-Agent' is missing.",
        },
    )


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "Application/JSON",
        "application/*",
        "application/json; charset=utf-8",
        "text/html, application/json;q=0.5",
        "text/html, */*; q=0.1",
    ],
)
def test_json_is_served_to_who_takes_it(sell: SellClient, accept: str | None) -> None:
    answer = sell.call("GET", "/v2/pipelines", headers={"Accept": accept})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "json", "application/jsonp"])
def test_nothing_else_is_served(sell: SellClient, accept: str) -> None:
    answer = sell.call("GET", "/v2/pipelines", headers={"Accept": accept})
    assert (answer.status, error_of(answer)["code"]) == (406, "invalid_header")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", ";;;", "a/b; charset=utf-7"])
def test_a_body_that_parses_is_taken_whatever_it_is_called(sell: SellClient, kind: str | None) -> None:
    body = b'{"data":{"name":"Late"}}'
    assert sell.call("POST", REASONS, raw=body, headers={"Content-Type": kind}).status == 200


@pytest.mark.parametrize("language", ["en", "de-DE,de;q=0.9", "tlh", "*", "\xff"])
def test_english_is_spoken_whatever_is_asked_for(sell: SellClient, language: str) -> None:
    answer = sell.call("GET", "/v2/deals/999", headers={"Accept-Language": language})
    assert (answer.headers["content-language"], error_of(answer)["message"]) == (
        "en",
        "resource you are looking for was not found",
    )


@pytest.mark.parametrize("name", ["X-Client-Type", "X-Client-Version", "X-Device-Id", "X-Basecrm-Device-UUID"])
def test_other_headers_of_clients_are_passed_over(sell: SellClient, name: str) -> None:
    assert sell.call("GET", "/v2/pipelines", headers={name: "api"}).status == 200


@pytest.mark.parametrize("key", ["", "a" * 256, "a\x80b"])
def test_a_bad_idempotency_key_is_a_bad_header(sell: SellClient, key: str) -> None:
    answer = sell.call("POST", REASONS, {"name": "Late"}, headers={"Idempotency-Key": key})
    assert (answer.status, error_of(answer)["code"]) == (400, "invalid_header")


def test_an_idempotency_key_works_once(sell: SellClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again, other = (
        sell.call("POST", REASONS, {"name": name}, headers=headers) for name in ("Late", "Late", "Early")
    )
    assert (again.status, again.data) == (200, first.data)
    assert (other.status, error_of(other)["code"]) == (400, "invalid_header")


def heard(client: SellClient, request: str) -> Heard:
    """The answer to a request as bytes."""
    head = f"Host: a\r\nUser-Agent: {AGENT}\r\nAuthorization: Bearer {client.token}\r\nConnection: close\r\n"
    with Raw(client.plain.served.url) as raw:
        raw.send(request.replace("HEAD", head).encode("latin-1"))
        (answer,) = raw.answers()
    return answer


@pytest.mark.parametrize("path", ["/v2/pipelines", "/v2/nowhere", "/v2/deals?zebra=1"])
def test_headers_have_their_capitals_on_the_wire(sell: SellClient, path: str) -> None:
    answer = heard(sell, f"GET {path} HTTP/1.1\r\nHEAD\r\n")
    names = [line.partition(b":")[0].decode() for line in answer.head.split(b"\r\n") if line]
    assert {"Content-Type", "X-Request-Id", "Content-Language", "Vary", "Content-Length"} <= set(names)
    assert [name for name in names if name != name.title() or names.count(name) > 1] == []
    assert b"\r\nContent-Language: en\r\n" in answer.head
    assert b"\r\nVary: Accept-Language\r\n" in answer.head


def test_each_answer_has_an_id_of_its_own(sell: SellClient) -> None:
    ids = {str(uuid.UUID(sell.get("/v2/pipelines").headers["x-request-id"])) for _ in range(5)}
    assert len(ids) == 5


def test_an_answer_without_content_has_no_type(sell: SellClient) -> None:
    answer = sell.delete(f"{REASONS}/{add_reason(sell)}")
    assert (answer.status, answer.raw, "content-type" in answer.headers) == (204, b"", False)


def test_a_page_of_another_origin_may_read_nothing(sell: SellClient) -> None:
    headers = {"Origin": "https://app.example"}
    answers = [sell.call(method, "/v2/pipelines", headers=headers) for method in ("GET", "OPTIONS")]
    found = [name for each in answers for name in each.headers if name.startswith("access-control")]
    assert ([each.status for each in answers], found) == ([200, 405], [])


def test_the_other_dialect_goes_on_answering_them(server: Server) -> None:
    answer = server.admin.call("GET", "/v1/pipelines", headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"


# ------------------------------------------------------------------------------------------------ gzip, HEAD, paths


@pytest.fixture
def much(sell: SellClient) -> SellClient:
    """A company with enough loss reasons for a long answer."""
    for i in range(40):
        add_reason(sell, f"Reason {i}")
    return sell


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate", "deflate, GZIP;q=0.5", "gzip;q=1.0"])
def test_a_long_answer_is_packed_for_who_asks(much: SellClient, accepted: str) -> None:
    answer = much.call("GET", f"{REASONS}?per_page=100", headers={"Accept-Encoding": accepted})
    assert (answer.headers["content-encoding"], answer.headers["content-length"]) == ("gzip", str(len(answer.raw)))
    assert len(json.loads(gzip.decompress(answer.raw))["items"]) >= 40


@pytest.mark.parametrize("accepted", [None, "", "identity", "deflate, br", "gzip;q=0", "gzip; q=0.0", "x-gzip2"])
def test_nobody_else_gets_it_packed(much: SellClient, accepted: str | None) -> None:
    answer = much.call("GET", f"{REASONS}?per_page=100", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert len(answer.body["items"]) >= 40


def test_the_head_of_an_answer_says_how_long_it_would_be(sell: SellClient) -> None:
    get, head = (sell.call(method, "/v2/pipelines") for method in ("GET", "HEAD"))
    own = ("date", "x-request-id")
    assert (head.status, head.raw) == (200, b"")
    assert {k: v for k, v in head.headers.items() if k not in own} == {
        k: v for k, v in get.headers.items() if k not in own
    }


def test_the_head_of_a_refusal_has_no_body(sell: SellClient) -> None:
    answer = sell.call("HEAD", "/v2/deals/999")
    assert (answer.status, answer.raw) == (404, b"")


def test_a_slash_at_the_end_is_passed_over(sell: SellClient) -> None:
    plain, slashed = (sell.get(path) for path in ("/v2/contacts", "/v2/contacts/"))
    assert (slashed.status, slashed.body) == (200, plain.body)
    assert sell.get("/v2/contacts/", name="Nobody").status == 200


@pytest.mark.parametrize("target", ["/v2/deals/%ff", "/v2/deals/1%00", "/v2/%c0%ae", "/v3/%00"])
def test_a_path_that_is_no_text_is_unknown(sell: SellClient, target: str) -> None:
    answer = sell.get(target)
    assert (answer.status, codes(answer)) == (404, [(None, "not_found")])


@pytest.mark.parametrize(
    "target",
    [
        "/v2/../../../etc/passwd",
        "/v2/deals/../../../../etc/passwd",
        "/v2/deals/..%2f..%2fetc%2fpasswd",
        "/v2/deals/1%0d%0aX-Evil:%201",
        "/v2/deals/" + "a" * 7_000,
        "/v2/" + "a/" * 3_500,
        "/v2/{deal_id}",
        "/v2/deals:(id)",
    ],
    ids=lambda target: target[:30],
)
def test_paths_lead_nowhere_else(sell: SellClient, target: str) -> None:
    answer = heard(sell, f"GET {target} HTTP/1.1\r\nHEAD\r\n")
    assert (answer.status, json.loads(answer.body)["errors"][0]["error"]["code"]) == (404, "not_found")
    assert b"X-Evil" not in answer.head


REQUESTS_OUT_OF_BOUNDS: Final = {
    "a long head": ("GET /v2/deals HTTP/1.1\r\nHEADX-Long: " + "a" * 20_000 + "\r\n\r\n", 431, "invalid_header"),
    "many headers": ("GET /v2/deals HTTP/1.1\r\nHEAD" + "X-A: b\r\n" * 200 + "\r\n", 431, "invalid_header"),
    "a long address": ("GET /v2/deals?" + "a" * 9_000 + " HTTP/1.1\r\nHEAD\r\n", 414, "invalid_param"),
    "a long body": ("POST /v2/deals HTTP/1.1\r\nHEADContent-Length: 1000001\r\n\r\n", 413, "invalid_payload"),
    "two lengths": (
        "POST /v2/deals HTTP/1.1\r\nHEADContent-Length: 1\r\nContent-Length: 1\r\n\r\n{",
        400,
        "invalid_payload",
    ),
}


@on_one_database
@pytest.mark.parametrize(("request_", "status", "code"), REQUESTS_OUT_OF_BOUNDS.values(), ids=REQUESTS_OUT_OF_BOUNDS)
def test_what_breaks_a_bound_of_http_is_told_in_the_envelope_too(
    sell: SellClient, request_: str, status: int, code: str
) -> None:
    answer = heard(sell, request_)
    body = json.loads(answer.body)
    assert (answer.status, body["errors"][0]["error"]["code"]) == (status, code)
    assert f"X-Request-Id: {body['meta']['logref']}\r\n".encode() in answer.head
    assert body["meta"]["http_status"].startswith(f"{status} ")


@pytest.fixture
def busy(database: Home) -> Iterator[SellClient]:
    """A server that works on as many requests as it may."""
    served = Served(database.url, database.clock, in_flight=0)
    yield SellClient(served, database.new_tenant().admin.sell_token)
    served.stop()


@on_one_database
def test_a_busy_server_says_so_in_the_envelope(busy: SellClient) -> None:
    answer = busy.get("/v2/pipelines")
    assert (answer.status, codes(answer)) == (503, [(None, "temporarily_unavailable")])
    assert answer.headers["retry-after"] == "1"


# --------------------------------------------------------------------------------------------------------- bodies


@pytest.mark.parametrize("body", [b"", b" \r\n", b'{"data":{}}', b'{"data":{},"meta":{"type":"loss_reason"}}'])
def test_no_body_is_no_attribute(sell: SellClient, body: bytes) -> None:
    reason = add_reason(sell)
    made, changed = (
        sell.call(method, path, raw=body) for method, path in (("POST", REASONS), ("PUT", f"{REASONS}/{reason}"))
    )
    assert (made.status, codes(made)) == (422, [("/name", "missing")])
    assert (changed.status, changed.data["name"]) == (200, "Too late")


def test_what_stands_beside_the_data_is_passed_over(sell: SellClient) -> None:
    body = b'{"data":{"name":"Late"},"meta":{"type":"deal"},"other":[1]}'
    assert sell.call("POST", REASONS, raw=body).status == 200


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[]",
        "null",
        "1",
        '"data"',
        '{"name":"Late"}',
        '{"data":null}',
        '{"data":[]}',
        '{"data":"x"}',
        '{"data":[{"name":"Late"}]}',
        '{"Data":{}}',
        '{"meta":{}}',
    ],
)
def test_json_of_another_form_is_an_incorrect_payload(sell: SellClient, body: str) -> None:
    answer = sell.call("POST", REASONS, raw=body.encode())
    assert (answer.status, error_of(answer)) == (
        422,
        {
            "code": "incorrect_payload",
            "message": "incorrect request payload",
            "details": "The request payload must be an object with an object under 'data'.",
        },
    )


def sent(client: SellClient, method: str, target: str, body: bytes | None = None, **headers: str) -> Response:
    """The answer, which has to be of the kind that any input gets."""
    began = time.monotonic()
    answer = client.call(method, target, raw=body, headers={name.replace("_", "-"): v for name, v in headers.items()})
    assert time.monotonic() - began < LATEST_S, "late"
    assert answer.status < 500, answer.raw[:300]
    assert INSIDE.search(answer.raw) is None, answer.raw[:300]
    assert answer.status < 400 or answer.body["errors"]
    return answer


WRITES: Final = ("/v2/deals", REASONS)


@on_one_database
@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("body", [body for body in BOMBS.values() if body.strip()], ids=lambda body: repr(body[:20]))
def test_a_body_that_is_no_record_is_refused(sell: SellClient, path: str, body: bytes) -> None:
    bare, wrapped = (sent(sell, "POST", path, each) for each in (body, b'{"data":' + body + b"}"))
    assert {bare.status, wrapped.status} <= {400, 413, 422}
    assert (bare.status == 400) == (codes(bare) == [(None, "invalid_payload")])
    assert (bare.status == 422) == (codes(bare) == [(None, "incorrect_payload")])


@on_one_database
def test_a_body_of_64_levels_is_read_and_one_of_65_is_not(sell: SellClient) -> None:
    bodies = [b'{"data":{"name":' + b"[" * deep + b"]" * deep + b"}}" for deep in (62, 63)]
    assert [codes(sent(sell, "POST", REASONS, body)) for body in bodies] == [
        [("/name", "invalid_type")],
        [(None, "invalid_payload")],
    ]


@on_one_database
def test_a_body_beyond_the_limit_is_refused(sell: SellClient) -> None:
    body = b'{"data":{' + b",".join(b'"%d":1' % i for i in range(1_000_000)) + b"}}"
    with suppress(ConnectionError):
        answer = sent(sell, "POST", REASONS, body)
        assert (answer.status, codes(answer)) == (413, [(None, "invalid_payload")])


@on_one_database
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "gzip, gzip", "x-a"])
def test_compressed_bodies_are_not_taken(sell: SellClient, coding: str) -> None:
    bomb = gzip.compress(b'{"data":{"name":"' + b"a" * 20_000_000 + b'"}}', 1)
    answer = sent(sell, "POST", REASONS, bomb, Content_Encoding=coding)
    assert (answer.status, codes(answer)) == (415, [(None, "invalid_header")])


@on_one_database
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/xml", "\xff"]
)
def test_bodies_of_other_kinds_are_no_json(sell: SellClient, kind: str) -> None:
    answer = sent(sell, "POST", REASONS, b"name=Late", Content_Type=kind)
    assert (answer.status, codes(answer)) == (400, [(None, "invalid_payload")])


@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: ascii(text)[1:31])
def test_text_comes_back_as_it_was_sent(sell: SellClient, text: str) -> None:
    name = f"<{text[:200]}>"
    made = sent(sell, "POST", REASONS, json.dumps({"data": {"name": name}}).encode())
    assert made.data["name"] == name
    assert [each["name"] for each in items(sent(sell, "GET", f"{REASONS}?name={quote(name)}"))] == [name]


# ------------------------------------------------------------------------------------------------ query parameters


def refused(sell: SellClient, target: str) -> Json:
    """The error of a list that is refused for one of its parameters."""
    answer = sell.get(target)
    assert (answer.status, codes(answer)) == (400, [(None, "invalid_param")])
    assert error_of(answer)["message"] == "invalid request query parameter"
    return error_of(answer)["details"]


def test_a_parameter_out_of_bounds_is_told_as_the_vendor_tells_it(sell: SellClient) -> None:
    assert refused(sell, "/v2/deals?per_page=200") == (
        "The request query parameter 'per_page' is malformed, missing, or has an invalid value "
        "(must be between 1 and 100, given: 200)"
    )


@pytest.mark.parametrize("path", ["/v2/users/self", "/v2/pipelines", "/v2/deals", "/v2/deals/1"])
def test_an_unknown_parameter_is_told(sell: SellClient, path: str) -> None:
    assert "'unknown'" in refused(sell, f"{path}?unknown=param")
    assert "(unexpected parameter)" in refused(sell, f"{path}?unknown=param")


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=1.0",
        "page=1e0",
        "page=+1",
        "page=%201",
        "page=01",
        "page=null",
        "page=",
        "page=99999999999999999999",
        "page=9223372036854775807",
        "page=%D9%A3",
        "page=1&page=2",
        "page[]=1",
        "per_page=0",
        "per_page=101",
        "per_page=true",
        "ids=x",
        "ids=1,x",
        "ids=1.5",
        "ids=-1",
        "ids=1;2",
        "ids=",
        "ids=" + "1," * 1_000,
        "disabled=1",
        "disabled=0",
        "disabled=yes",
        "disabled=null",
        "disabled=",
        "disabled[]=true",
        "name=",
        "name=a&name=b",
        "name[a]=b",
        "name[a]=b&name[a]=c",
        "sort_by=",
        "sort_by=created",
        "sort_by=name:sideways",
        "sort_by=name:desc:asc",
        "sort_by=name;drop",
        "sort_by=id,",
        "sort_by=" + ",".join(["id"] * 11),
        "Page=1",
        "page%00=1",
        "name=%00",
        "name=%ff",
        "&".join(f"a{i}=1" for i in range(300)),
        "[]=1",
        "[=1",
        "=1",
    ],
    ids=lambda query: query[:24],
)
def test_a_parameter_that_cannot_be_meant_is_refused(sell: SellClient, query: str) -> None:
    assert refused(sell, f"/v2/pipelines?{query}")


@pytest.mark.parametrize("word", ["null", "NULL", "Null"])
@pytest.mark.parametrize(
    "target", ["/v2/tags?resource_type", "/v2/tasks?type", "/v2/users?status", "/v2/tags?creator_id"]
)
def test_a_filter_by_nothing_is_refused(sell: SellClient, target: str, word: str) -> None:
    assert refused(sell, f"{target}={word}")


def test_null_is_a_name_like_any_other(sell: SellClient) -> None:
    tag = sell.post("/v2/tags", {"name": "null", "resource_type": "deal"}).data
    assert items(sell.get("/v2/tags", name="null")) == [tag]


@pytest.mark.parametrize("text", NAUGHTY[:19], ids=lambda text: ascii(text)[1:31])
def test_names_for_sorting_come_from_a_list(sell: SellClient, text: str) -> None:
    assert refused(sell, f"/v2/pipelines?sort_by={quote(text)}")


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_booleans_are_read_without_case(sell: SellClient, word: str) -> None:
    assert [each["active"] for each in items(sell.get("/v2/stages", active=word))] == [True] * 5


@pytest.mark.parametrize("word", ["false", "False", "FALSE"])
def test_so_is_their_opposite(sell: SellClient, word: str) -> None:
    assert [each["active"] for each in items(sell.get("/v2/stages", active=word))] == [False] * 3


@pytest.mark.parametrize(
    "query",
    [
        "ids=1,3,999",
        "ids=3,1,1",
        "ids=1,%203",
        "ids=1&ids=3",  # Python
        "ids[0]=1&ids[1]=3",  # PHP
        "ids%5B0%5D=3&ids%5B1%5D=1",
        "ids[]=1&ids[]=3",
        "ids=[1, 3]".replace(" ", "%20"),  # Java
        "ids=%5B1%2C3%5D",
    ],
)
def test_lists_of_ids_are_understood_as_each_client_writes_them(sell: SellClient, query: str) -> None:
    answer = sell.get(f"/v2/stages?{query}")
    assert (answer.status, [each["id"] for each in items(answer)]) == (200, [1, 3])


@pytest.mark.parametrize("query", ["ids=999", "ids=[]", "ids=999999999999999999"])
def test_ids_that_are_not_there_give_an_empty_list(sell: SellClient, query: str) -> None:
    answer = sell.get(f"/v2/stages?{query}")
    assert (answer.status, answer.body["items"], answer.body["meta"]["count"]) == (200, [], 0)


# ---------------------------------------------------------------------------------------------------- lists, links


def link(answer: Response, name: str) -> str:
    found: str = answer.body["meta"]["links"][name]
    return found


def test_a_list_has_the_envelope(sell: SellClient) -> None:
    answer = sell.get("/v2/pipelines")
    assert answer.body == {
        "items": [{"data": items(answer)[0], "meta": {"type": "pipeline"}}],
        "meta": {
            "type": "collection",
            "count": 1,
            "links": {"self": f"{sell.plain.served.url}/v2/pipelines?page=1&per_page=25"},
        },
    }


def test_a_record_has_the_envelope(sell: SellClient) -> None:
    made = sell.post(REASONS, {"name": "Late"})
    assert (made.status, made.body) == (200, {"data": made.data, "meta": {"type": "loss_reason"}})


def test_a_page_behind_the_last_is_empty(sell: SellClient) -> None:
    answer = sell.get("/v2/stages", page=1_000)
    assert (answer.status, answer.body["items"], "next_page" in answer.body["meta"]["links"]) == (200, [], False)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (1, ["self", "next_page"]),
        (2, ["self", "first_page", "prev_page", "next_page"]),
        (3, ["self", "first_page", "prev_page"]),
    ],
)
def test_pages_link_to_the_neighbours_they_have(sell: SellClient, page: int, names: list[str]) -> None:
    assert list(sell.get("/v2/stages", per_page=3, page=page).body["meta"]["links"]) == names


def test_following_the_links_meets_every_record_once(sell: SellClient) -> None:
    found: list[int] = []
    target: str | None = "/v2/stages?per_page=3&sort_by=name:desc"
    while target is not None:
        answer = sell.get(target)
        found += [each["id"] for each in items(answer)]
        following = answer.body["meta"]["links"].get("next_page")
        target = None if following is None else following.removeprefix(sell.plain.served.url)
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_known_connector_finds_the_number_of_the_next_page(sell: SellClient) -> None:
    found = re.findall(r"[=?/]page[_=/-]?(\d{1,3})", link(sell.get("/v2/stages", per_page=3), "next_page"))
    assert found == ["2"]


def test_links_keep_the_other_parameters_in_order(sell: SellClient) -> None:
    answer = sell.get("/v2/stages?sort_by=name:desc&per_page=1&active=True&name=Qualified%20%26%20more")
    assert urlsplit(link(answer, "self")).query == (
        "page=1&per_page=1&active=True&name=Qualified+%26+more&sort_by=name%3Adesc"
    )


def test_links_keep_lists_of_ids_as_they_were_written(sell: SellClient) -> None:
    answer = sell.get("/v2/stages?ids[0]=1&ids[1]=3&per_page=1")
    assert parse_qsl(urlsplit(link(answer, "next_page")).query)[2:] == [("ids[0]", "1"), ("ids[1]", "3")]
    assert items(sell.get(link(answer, "next_page").removeprefix(sell.plain.served.url)))[0]["id"] == 3


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"Host": "sell.example"}, "http://sell.example"),
        ({"Host": "sell.example:8443"}, "http://sell.example:8443"),
        ({"X-Forwarded-Host": "sell.example"}, "http://sell.example"),
        ({"X-Forwarded-Host": "sell.example", "X-Forwarded-Proto": "https"}, "https://sell.example"),
        ({"X-Forwarded-Host": "sell.example, inner", "X-Forwarded-Proto": "https, http"}, "https://sell.example"),
        ({"Host": "sell.example", "X-Forwarded-Proto": "HTTPS"}, "https://sell.example"),
        ({"Host": "sell.example", "X-Forwarded-Host": "a b"}, "http://sell.example"),
        ({"Host": "sell.example", "X-Forwarded-Host": "evil.example/<script>"}, "http://sell.example"),
        ({"Host": "sell.example", "X-Forwarded-Proto": "javascript"}, "http://sell.example"),
        ({"Host": "a b"}, "http://localhost"),
    ],
)
def test_links_use_the_address_the_client_knows(sell: SellClient, headers: dict[str, str], origin: str) -> None:
    answer = sell.call("GET", "/v2/pipelines", headers=dict(headers))
    assert link(answer, "self") == f"{origin}/v2/pipelines?page=1&per_page=25"


def test_a_list_sorts_without_case_and_by_id_in_the_end(sell: SellClient) -> None:
    for name in ("beta", "Alpha", "alpha 2", "BETA 2"):
        add_reason(sell, name)
    names = [each["name"] for each in items(sell.get(REASONS, sort_by="name"))]
    assert [name for name in names if name.lower()[:4] in ("alph", "beta")] == ["Alpha", "alpha 2", "beta", "BETA 2"]


def test_strict_names_match_whole_and_with_case(sell: SellClient) -> None:
    found = [len(items(sell.get("/v2/pipelines", name=name))) for name in ("Pipeline", "pipeline", "Pipe")]
    assert found == [1, 0, 0]


def test_a_strict_server_says_the_same(strict_server: Server) -> None:
    client = SellClient(strict_server.served, strict_server.company.admin.sell_token)
    assert (client.get("/v2/pipelines").status, refused(client, "/v2/pipelines?zebra=1") != "") == (200, True)
