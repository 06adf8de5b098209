"""Whatever is sent: no answer of 500 or more, none late, none that shows the inside, and the server goes on.

test_schemathesis.py sends every route what its document does not expect; here are the cases that somebody thought of.
"""

import gzip
import json
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealflow.wire import BadRequest, read_json
from tests.support.databases import Clock, Homes
from tests.support.inside import INSIDE
from tests.support.lengths import length
from tests.support.people import Server
from tests.support.raw import Raw
from tests.support.server import Client, Response
from tests.support.world import World, make_world

LATEST_S: Final = 2.0
SEARCHES: Final = ("/api/v2/persons", "/v1/persons", "/api/v2/organizations")
WRITES: Final = ("/api/v2/deals", "/v1/deals")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, homes: Homes) -> Iterator[World]:
    """One company for all tests here, on each database."""
    made = make_world(Server(homes[request.param]))
    yield made
    assert made.server.admin.get("/health/ready").status == 200


@pytest.fixture
def admin(world: World) -> Client:
    return world.server.admin


@pytest.fixture(scope="module")
def reader(homes: Homes) -> Client:
    """An admin of a company on one database, where what is read never gets to the database."""
    return Server(homes["sqlite"]).admin


@pytest.fixture
def clock(session_clock: Clock) -> Clock:
    return session_clock


def sent(client: Client, method: str, target: str, body: bytes | None = None, **headers: str) -> Response:
    """The answer, which has to be of the kind that any input gets."""
    began = time.monotonic()
    answer = client.call(method, target, raw=body, headers={name.replace("_", "-"): v for name, v in headers.items()})
    assert time.monotonic() - began < LATEST_S, "late"
    assert answer.status < 500, answer.raw[:300]
    assert INSIDE.search(answer.raw) is None, answer.raw[:300]
    assert answer.status < 400 or answer.status == 404 or answer.body["success"] is False
    return answer


def post(client: Client, path: str, document: object) -> Response:
    return sent(client, "POST", path, json.dumps(document).encode())


# ------------------------------------------------------------------------------------------------------------ JSON

DIGITS: Final = b"1" * 5_000
BOMBS: Final = {
    "arrays, 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "arrays that never end": b"[" * 900_000,
    "objects, 100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "objects that never end": b'{"a":' * 150_000,
    "65 deep": b'{"title":' + b"[" * 64 + b"]" * 64 + b"}",
    "as many brackets as fit, in a text": b'{"note":"' + b"[{" * 400_000 + b'"}',
    "many empty arrays": b"[" + b"[]," * 300_000 + b"[]]",
    "many keys": b"{" + b",".join(b'"%d":1' % i for i in range(85_000)) + b"}",
    "a key of one megabyte": b'{"' + b"k" * 990_000 + b'":1}',
    "escapes": b'{"note":"' + rb"\u00e9" * 160_000 + b'"}',
    "backslashes": b'{"note":"' + rb"\\" * 490_000 + b'"}',
    "whitespace": b" " * 999_000,
    "an integer of 5,000 digits": b'{"title":"a","value":' + DIGITS + b"}",
    "an integer of 900,000 digits": b'{"title":"a","value":' + b"1" * 900_000 + b"}",
    "many fractions": b"[" + b"1.5," * 200_000 + b"1]",
    "a large exponent": b'{"title":"a","value":1e999}',
    "a huge exponent": b'{"title":"a","value":1e99999999999999999999}',
    "a small exponent": b'{"title":"a","value":-1e-99999999999999999999}',
    "a zero with an exponent": b'{"title":"a","value":0e999999999}',
    "NaN": b'{"title":"a","value":NaN}',
    "Infinity": b'{"title":"a","value":Infinity}',
    "-Infinity": b'{"title":"a","value":-Infinity}',
    "a key twice": b'{"title":"a","title":"b"}',
    "a key twice, written differently": b'{"title":"a","\\u0074itle":"b"}',
    "half a surrogate": b'{"title":"\\ud800"}',
    "surrogates in the wrong order": b'{"title":"\\udc00\\ud800"}',
    "half a surrogate as a key": b'{"title":"a","\\udfff":1}',
    "encoded surrogate": b'{"title":"\xed\xa0\x80"}',
    "zero, escaped": b'{"title":"a\\u0000b"}',
    "zero": b'{"title":"a\x00b"}',
    "zero in a key": b'{"title":"a","b\\u0000":1}',
    "overlong encoding": b'{"title":"\xc0\xaf"}',
    "Latin-1": b'{"title":"\xe9"}',
    "byte order mark": b'\xef\xbb\xbf{"title":"a"}',
    "UTF-16": '{"title":"a"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"title":"a"}'.encode("utf-16-be"),
    "UTF-32": '{"title":"a"}'.encode("utf-32"),
    "something behind": b'{"title":"a"} x',
    "another document behind": b'{"title":"a"}{"title":"b"}',
    "cut off": b'{"title":"a"',
    "cut off in a text": b'{"title":"a',
    "cut off in an escape": b'{"title":"\\u00',
    "single quotes": b"{'title':'a'}",
    "no quotes": b"{title:1}",
    "a comment": b'{"title":"a"/* */}',
    "a comma too many": b'{"title":"a",}',
    "a line end in a text": b'{"title":"a\nb"}',
    "leading zero": b'{"title":"a","value":01}',
    "leading plus": b'{"title":"a","value":+1}',
    "hexadecimal": b'{"title":"a","value":0x10}',
    "digits of another script": '{"title":"a","value":٣}'.encode(),
    "nothing but a point": b'{"title":"a","value":.}',
    "an array": b'[{"title":"a"}]',
    "a text": b'"title"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "no title": b"{}",
    "nothing": b"",
    "form feed": b"\x0c{}",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_a_body_that_is_no_deal_is_refused(reader: Client, path: str, body: bytes) -> None:
    assert sent(reader, "POST", path, body).status == 400


def test_a_body_beyond_the_limit_is_refused(reader: Client) -> None:
    body = b"{" + b",".join(b'"%d":1' % i for i in range(1_000_000)) + b"}"
    with suppress(ConnectionError):
        assert sent(reader, "POST", "/api/v2/deals", body).status == 413


def test_reading_a_bomb_takes_little_time_and_memory() -> None:
    assert [name for name, body in BOMBS.items() if len(body) > 50_000 and max(reading_cost(body)) > 1] == []


def reading_cost(body: bytes) -> tuple[float, float]:
    """Processor time and memory, as shares of what is allowed."""
    began = time.process_time()
    with suppress(BadRequest):
        read_json(body)
    seconds = time.process_time() - began
    tracemalloc.start()
    with suppress(BadRequest):
        read_json(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds / 0.25, most / 50_000_000


# ----------------------------------------------------------------------------------------------- encodings, forms


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip", "x-a"])
def test_compressed_bodies_are_not_taken(reader: Client, path: str, coding: str) -> None:
    bomb = gzip.compress(b'{"title":"' + b"a" * 20_000_000 + b'"}', 1)
    assert sent(reader, "POST", path, bomb, Content_Encoding=coding).status == 415


def test_the_identity_coding_is_no_compression(reader: Client) -> None:
    assert sent(reader, "POST", "/api/v2/deals", b'{"title":"plain"}', Content_Encoding="identity").status == 200


FORMS: Final = {
    "wrong percent": b"title=%zz&value=%",
    "no UTF-8": b"title=%ff%fe",
    "zero": b"title=a%00b",
    "half a surrogate": b"title=%ed%a0%80",
    "1,000 fields": b"&".join(b"f%d=1" % i for i in range(1_000)),
    "nested brackets": b"title" + b"[a]" * 10_000 + b"=1",
    "a text that holds another": b"title=a&title[b]=c",
    "what holds another as a text": b"title[b]=c&title=a",
    "not ASCII": "title=é".encode(),
    "only separators": b"&&&===;;;",
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_a_form_that_cannot_be_read_is_refused(reader: Client, body: bytes) -> None:
    kind = "application/x-www-form-urlencoded"
    assert sent(reader, "POST", "/v1/deals", body, Content_Type=kind).status == 400


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/xml", "a/b; charset=utf-7", ";;;", "\xff"])
def test_other_content_types_do_no_harm(reader: Client, kind: str) -> None:
    assert sent(reader, "POST", "/v1/deals", b"--x\r\n\r\n--x--", Content_Type=kind).status in (400, 415)


# ---------------------------------------------------------------------------------------------- queries and lists


@pytest.mark.parametrize(
    "query",
    [
        "ids=" + "1," * 2_000,
        "ids=" + ",".join(map(str, range(10**15, 10**15 + 101))),
        "ids=1;2",
        "ids=1e3",
        "ids=٣",
        "ids=99999999999999999999",
        "&".join(f"a{i}=1" for i in range(300)),
        "limit=0",
        "limit=-1",
        "limit=501",
        "limit=9223372036854775808",
        "limit=%00",
        "limit=%ff",
        "cursor=x",
        "cursor=" + "A" * 4_000,
        "cursor=eyJmaWVsZCI6ImlkIn0",
        "cursor=%F0%9F%92%A5",
        "sort_by=title",
        "sort_by=id;drop",
        "sort_direction=sideways",
        "status=open,stolen",
        "updated_since=yesterday",
        "updated_since=2026-13-01T00:00:00Z",
        "updated_since=9999-12-31T23:59:59-23:59",
        "custom_fields=" + ",".join(str(i) for i in range(40)),
        "include_fields=everything",
        "owner_id=9223372036854775808",
        "owner_id=1.5",
        "owner_id=true",
        "owner_id=null",
        "stage_id=NULL",
    ],
    ids=lambda query: query[:40],
)
def test_a_query_out_of_bounds_is_refused(admin: Client, query: str) -> None:
    assert sent(admin, "GET", f"/api/v2/deals?{quote(query, safe='=&,%;')}").status == 400


@pytest.mark.parametrize(
    "path", ["/v1/deals?user_id=null", "/v1/stages?pipeline_id=Null", "/v1/persons?filter_id=null"]
)
def test_the_word_null_is_no_way_to_leave_a_parameter_out(admin: Client, path: str) -> None:
    assert sent(admin, "GET", path).status == 400


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("owner_id=x", "owner_id: must be int | null, got str"),
        ("owner_id=9223372036854775808", "owner_id: must be <= 9223372036854775807"),
        ("limit=0", "limit: must be >= 1"),
    ],
)
def test_version_2_tells_what_a_parameter_must_be(admin: Client, query: str, told: str) -> None:
    assert sent(admin, "GET", f"/api/v2/deals?{query}").body["error"] == f"Validation failed: {told}"


@pytest.mark.parametrize("start", ["-1", "0", "1000000000000", "-9223372036854775807", "9223372036854775807"])
@pytest.mark.parametrize("limit", ["-1", "0", "501", "9223372036854775807"])
def test_version_1_brings_pages_into_bounds(admin: Client, start: str, limit: str) -> None:
    assert sent(admin, "GET", f"/v1/deals?start={start}&limit={limit}").status == 200


def test_deletions_of_very_many_are_refused(admin: Client) -> None:
    assert sent(admin, "DELETE", f"/v1/deals?ids={'1,' * 501}").status == 400


def test_a_body_of_very_many_ids_is_refused(admin: Client) -> None:
    document = {"title": "a", "label_ids": list(range(1, 100_000))}
    assert [post(admin, path, document).status for path in WRITES] == [400, 400]


# ------------------------------------------------------------------------------------------------------------ text

NAUGHTY: Final = (
    "' OR '1'='1",
    "'; DROP TABLE deal; --",
    '"; DROP TABLE deal; --',
    "') UNION SELECT hash FROM token_key --",
    "1; SELECT pg_sleep(5)--",
    "admin'--",
    "\\'; DELETE FROM deal WHERE 1=1; --",
    "%s %(company_id)s :company_id ? $1 {0} {company_id}",
    "%%",
    "%",
    "_",
    "\\",
    "\\\\%\\_",
    "100%_sure",
    "/* comment */ -- comment",
    "$$; DROP TABLE deal; $$",
    "x'00'",
    "U&'\\0041'",
    "CHAR(0x41)",
    "NULL",
    "undefined",
    "[object Object]",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*7}} ${7*7} #{7*7}",
    "$(id) `id` | id; id && id",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\r\nSet-Cookie: a=b",
    "a\r\n\r\nHTTP/1.1 200 OK",
    "\t tab",
    "\x7f\x1b[31mred\x01",
    "\u202eevil\u202c",
    "\u2066isolated\u2069",
    "\u200bzero\u200cwidth\u200d\ufeff",
    "é",
    "e\u0301",
    "Å Å Å",
    "ﬃ ﬀ",
    "\u0130stanbul ISTANBUL \u0131stanbul",
    "ß ẞ SS",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "\U0001d518\U0001d52b \U0010ffff",
    "\ufffe\uffff\ufdd0",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "﷽" * 100,
    "1/0",
    "NaN",
    "1E400",
    "0x7f.1",
    "true",
    "con",
    "nul.txt",
    "ﷺ الله أكبر مرحبا",
    "שלום abc",
    "a" + "\u0301" * 65_000,
)


@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: ascii(text)[1:31])
def test_text_comes_back_as_it_was_sent(admin: Client, text: str) -> None:
    wanted = text.strip()
    made = post(admin, "/api/v2/deals", {"title": text, "lost_reason": text, "status": "lost"})
    shown = [made, *(sent(admin, "GET", f"{path}/{made.data['id']}") for path in WRITES)]
    assert [each.data["title"] for each in shown] == [wanted] * 3
    assert [each.data["lost_reason"] for each in shown] == [text] * 3


@settings(
    max_examples=length(25, nightly=1_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60))
def test_any_text_comes_back_as_it_was_sent(admin: Client, text: str) -> None:
    person = post(admin, "/api/v2/persons", {"name": f"<{text}>"}).data
    assert (person["name"], found(admin, person["id"])) == (f"<{text}>", f"<{text}>")


def found(admin: Client, person_id: int) -> str:
    answer = sent(admin, "GET", f"/v1/persons/{person_id}")
    return str(answer.data["name"])


@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: ascii(text)[1:31])
def test_any_text_can_be_searched_for(admin: Client, text: str) -> None:
    query = urlencode({"term": text[:200]})
    answers = [sent(admin, "GET", f"{path}/search?{query}") for path in SEARCHES]
    assert {each.status for each in answers} == {200 if len(text.strip()) > 1 else 400}


@pytest.mark.parametrize(("term", "hits"), [("%%", []), ("__", []), ("0%_s", ["100%_sure of it"]), ("\\\\", [])])
def test_wildcards_are_taken_literally(world: World, term: str, hits: list[str]) -> None:
    admin = Server(world.server.home).admin
    for name in ("100%_sure of it", "1000 pieces", "plain"):
        post(admin, "/api/v2/persons", {"name": name})
    items = sent(admin, "GET", f"/api/v2/persons/search?{urlencode({'term': term})}").data["items"]
    assert [each["item"]["name"] for each in items] == hits


@pytest.mark.parametrize("text", NAUGHTY[:19], ids=lambda text: ascii(text)[1:31])
@pytest.mark.parametrize("target", ["/v1/deals?sort={}", "/api/v2/deals?sort_by={}", "/api/v2/deals?filter_id={}"])
def test_names_for_sorting_and_filtering_come_from_a_list(admin: Client, target: str, text: str) -> None:
    assert sent(admin, "GET", target.format(quote(text))).status == 400


# ----------------------------------------------------------------------------------------------------------- paths


@pytest.mark.parametrize(
    "target",
    [
        "/../../../../etc/passwd",
        "/api/v2/../../../etc/passwd",
        "/api/v2/deals/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/api/v2/deals/..%2f..%2f..%2fetc%2fpasswd",
        "/..%5c..%5cetc%5cpasswd",
        "/..\\..\\etc\\passwd",
        "/%252e%252e%252fetc%252fpasswd",
        "/%c0%ae%c0%ae%c0%afetc%c0%afpasswd",
        "/.%00./etc/passwd",
        "//etc/passwd",
        "///etc/passwd",
        "/static/../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/board/..%2f..%2f..%2fetc/passwd",
        "/api/v2/deals/..;/..;/metrics",
        "/api/v2/deals/1%00",
        "/api/v2/deals/1%0d%0aX-Evil:%201",
        "/api/v2/deals/%ff",
        "/api/v2/deals/٣".encode().decode("latin-1"),
        "/api/v2/deals/%D9%A3",
        "/api/v2/deals/0",
        "/api/v2/deals/-1",
        "/api/v2/deals/+1",
        "/api/v2/deals/1.0",
        "/api/v2/deals/1e1",
        "/api/v2/deals/0x1",
        "/api/v2/deals/99999999999999999999",
        "/api/v2/deals/9223372036854775808",
        "/api/v2/deals/" + "1" * 5_000,
        "/api/v2/deals/" + "a" * 7_000,
        "/api/v2/" + "a/" * 3_500,
        "/v1/deals:(((",
        "/v1/deals:)",
        "/v1/deals/x:(id)",
        "/api//v2/deals",
        "/API/V2/deals",
        "/api/v2/{deal_id}",
        "/api/v2/%7Bdeal_id%7D",
        "http://example.com/api/v2/deals",
        "file:///etc/passwd",
        "*",
    ],
    ids=lambda target: ascii(target)[1:41],
)
def test_paths_lead_nowhere_else(reader: Client, target: str) -> None:
    token = f"X-Api-Token: {reader.token}"
    with Raw(reader.served.url) as raw:
        raw.send(f"GET {target} HTTP/1.1\r\nHost: a\r\n{token}\r\nConnection: close\r\n\r\n".encode("latin-1"))
        heard = raw.answers()
    assert [each.status for each in heard] in ([400], [404])
    assert INSIDE.search(heard[0].body) is None
    assert b"X-Evil" not in heard[0].head


# --------------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0." + "1" * 900_000 + "e-3", "0.0001"),
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e-7", "0"),
        ("0.00005", "0.0001"),
        ("-0.00005", "-0.0001"),
        ("0.1", "0.1"),
        ("1e2", "100"),
        ("12345678901234.5678", "12345678901234.5678"),
        ("900000000000000", "900000000000000"),
        ("-900000000000000", "-900000000000000"),
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("path", WRITES)
def test_amounts_are_exact(world: World, path: str, value: str, shown: str) -> None:
    admin = Server(world.server.home).admin
    made = sent(admin, "POST", path, b'{"title":"a","value":%b}' % value.encode())
    assert json.loads(made.raw, parse_float=str, parse_int=str)["data"]["value"] == shown


@pytest.mark.parametrize(
    "value",
    [
        "900000000000000.1",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "1e20",
        "1e300",
        "10000000000000000000000000000",
        '"1e400"',
        '"NaN"',
        '"Infinity"',
        '"one"',
        "[]",
        "{}",
    ],
)
@pytest.mark.parametrize("path", WRITES)
def test_amounts_out_of_bounds_are_refused(admin: Client, path: str, value: str) -> None:
    assert sent(admin, "POST", path, b'{"title":"a","value":%b}' % value.encode()).status == 400


def test_sums_out_of_bounds_are_refused_and_leave_the_totals_right(world: World) -> None:
    admin = Server(world.server.home).admin
    largest = {"title": "a", "value": 900_000_000_000_000}
    assert [post(admin, "/api/v2/deals", largest).status for _ in range(3)] == [200, 400, 400]
    assert post(admin, "/api/v2/deals", {"title": "b", "value": -1}).status == 200


@pytest.mark.parametrize("field", ["owner_id", "person_id", "org_id", "pipeline_id", "stage_id", "visible_to"])
@pytest.mark.parametrize(
    "value", ["9223372036854775807", "9223372036854775808", "99999999999999999999", "-1", "0", "1.5", "[1]", '"x"']
)
def test_ids_out_of_bounds_are_refused(admin: Client, field: str, value: str) -> None:
    body = b'{"title":"a","%b":%b}' % (field.encode(), value.encode())
    assert {sent(admin, "POST", path, body).status for path in WRITES} <= {400, 403}


# --------------------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("x-api-token", "", 401),
        ("x-api-token", "' OR 1=1 --", 401),
        ("x-api-token", "\xff\xfe", 401),
        ("x-api-token", "a" * 10_000, 401),
        ("Authorization", "", 400),
        ("Authorization", "Bearer", 400),
        ("Authorization", "Bearer a b", 400),
        ("Authorization", "Basic YTpi", 400),
        ("Authorization", "Bearer \xff", 401),
        ("Authorization", "Bearer " + " " * 5_000 + "a", 401),
    ],
)
def test_tokens_of_any_form_are_refused(reader: Client, name: str, value: str, status: int) -> None:
    answer = sent(Client(reader.served, None), "GET", "/api/v2/deals", None, **{name.replace("-", "_"): value})
    assert answer.status == status
