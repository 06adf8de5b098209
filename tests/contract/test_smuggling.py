"""Requests whose end two readers would see in different places are refused, and the connection with them."""

import json
import time
from collections.abc import Iterator
from typing import Final

import pytest

from dealflow.server.protocol import Protocol
from tests.support.databases import Homes
from tests.support.people import Server
from tests.support.raw import Raw

LONG_HEX: Final = b"1" + b"0" * 16 + b"3"

# A request each; %(rest)s is a second request that must never be read as one.
REFUSED: Final = {
    "length and coding": b"%(post)sContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%(rest)s",
    "coding and length": b"%(post)sTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n%(rest)s",
    "two lengths": b"%(post)sContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}%(rest)s",
    "the same length twice": b"%(post)sContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}%(rest)s",
    "lengths in a list": b"%(post)sContent-Length: 2, 2\r\n\r\n{}%(rest)s",
    "length with a plus": b"%(post)sContent-Length: +2\r\n\r\n{}%(rest)s",
    "length with a minus": b"%(post)sContent-Length: -2\r\n\r\n{}%(rest)s",
    "length in hexadecimal": b"%(post)sContent-Length: 0x2\r\n\r\n{}%(rest)s",
    "length with a space inside": b"%(post)sContent-Length: 2 2\r\n\r\n{}%(rest)s",
    "length with an underscore": b"%(post)sContent-Length: 1_0\r\n\r\n{}%(rest)s",
    "empty length": b"%(post)sContent-Length: \r\n\r\n{}%(rest)s",
    "length with a fraction": b"%(post)sContent-Length: 2.0\r\n\r\n{}%(rest)s",
    "length beyond 64 bits": b"%(post)sContent-Length: 18446744073709551618\r\n\r\n{}%(rest)s",
    "length in other digits": b"%(post)sContent-Length: \xd9\xa2\r\n\r\n{}%(rest)s",
    "coding with identity": b"%(post)sTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n%(rest)s",
    "identity alone": b"%(post)sTransfer-Encoding: identity\r\n\r\n%(rest)s",
    "gzip before chunked": b"%(post)sTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n%(rest)s",
    "chunked before gzip": b"%(post)sTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n%(rest)s",
    "unknown coding": b"%(post)sTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n%(rest)s",
    "coding with a parameter": b"%(post)sTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n%(rest)s",
    "quoted coding": b'%(post)sTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n%(rest)s',
    "coding after a vertical tab": b"%(post)sTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n%(rest)s",
    "coding before a zero": b"%(post)sTransfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n%(rest)s",
    "empty coding": b"%(post)sTransfer-Encoding: \r\n\r\n0\r\n\r\n%(rest)s",
    "chunked twice": b"%(post)sTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%(rest)s",
    "chunked and identity": b"%(post)sTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
    b"0\r\n\r\n%(rest)s",
    "coding in HTTP/1.0": b"%(post10)sTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%(rest)s",
    "space before a colon": b"%(post)sTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n%(rest)s",
    "tab before a colon": b"%(post)sContent-Length\t: 2\r\n\r\n{}%(rest)s",
    "folded coding": b"%(post)sTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n%(rest)s",
    "folded header": b"%(post)sX-Note: one\r\n\ttwo\r\nContent-Length: 2\r\n\r\n{}%(rest)s",
    "space before the first header": b"POST /api/v2/pipelines HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n%(rest)s",
    "header without a name": b"%(post)s: 5\r\nContent-Length: 2\r\n\r\n{}%(rest)s",
    "header without a colon": b"%(post)sContent-Length\r\nContent-Length: 2\r\n\r\n{}%(rest)s",
    "space inside a name": b"%(post)sContent Length: 2\r\n\r\n%(rest)s",
    "zero inside a name": b"%(post)sContent-\x00Length: 2\r\n\r\n%(rest)s",
    "zero inside a value": b"%(post)sX-Note: a\x00b\r\nContent-Length: 2\r\n\r\n{}%(rest)s",
    "name beyond ASCII": b"%(post)sContent-L\xc3\xabngth: 2\r\n\r\n%(rest)s",
    "line feed after the request line": b"POST /api/v2/pipelines HTTP/1.1\nHost: a\r\n\r\n%(rest)s",
    "line feed after a header": b"%(post)sX-Note: a\nContent-Length: 2\r\n\r\n{}%(rest)s",
    "line feeds around the head": b"%(post)sContent-Length: 2\n\n{}%(rest)s",
    "line feed at the end of the head": b"%(post)sContent-Length: 2\r\n\n{}%(rest)s",
    "carriage return inside a value": b"%(post)sX-Note: a\rContent-Length: 2\r\n\r\n%(rest)s",
    "carriage returns for line ends": b"%(post)sContent-Length: 2\r\r{}%(rest)s",
    "chunk size with a prefix": b"%(chunked)s0x2\r\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk size with a minus": b"%(chunked)s-2\r\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk size with a plus": b"%(chunked)s+2\r\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk size with an underscore": b"%(chunked)s0_2\r\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk size of letters": b"%(chunked)szz\r\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk size beyond 64 bits": b"%(chunked)s" + LONG_HEX + b"\r\n{}\r\n0\r\n\r\n%(rest)s",
    "empty chunk size": b"%(chunked)s\r\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk longer than its size": b"%(chunked)s1\r\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk without an end": b"%(chunked)s2\r\n{}0\r\n\r\n%(rest)s",
    "chunk size before a line feed": b"%(chunked)s2\n{}\r\n0\r\n\r\n%(rest)s",
    "chunk before a line feed": b"%(chunked)s2\r\n{}\n0\r\n\r\n%(rest)s",
    "line feed in a chunk's extension": b"%(chunked)s2;a\nb\r\n{}\r\n0\r\n\r\n%(rest)s",
    "no host": b"GET /api/v2/pipelines HTTP/1.1\r\n\r\n%(rest)s",
    "two hosts": b"GET /api/v2/pipelines HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n%(rest)s",
    "HTTP/0.9": b"GET /api/v2/pipelines\r\n\r\n%(rest)s",
    "HTTP/0.9 by name": b"GET /api/v2/pipelines HTTP/0.9\r\nHost: a\r\n\r\n%(rest)s",
    "HTTP/2.0": b"GET /api/v2/pipelines HTTP/2.0\r\nHost: a\r\n\r\n%(rest)s",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n%(rest)s",
    "HTTP/1.10": b"GET /api/v2/pipelines HTTP/1.10\r\nHost: a\r\n\r\n%(rest)s",
    "tab in the request line": b"GET\t/api/v2/pipelines HTTP/1.1\r\nHost: a\r\n\r\n%(rest)s",
    "space in the target": b"GET /api/v2 /pipelines HTTP/1.1\r\nHost: a\r\n\r\n%(rest)s",
    "zero in the target": b"GET /api/v2/pipe\x00lines HTTP/1.1\r\nHost: a\r\n\r\n%(rest)s",
    "method in small letters": b"get /api/v2/pipelines HTTP/1.1\r\nHost: a\r\n\r\n%(rest)s",
    "unknown method": b"STEAL /api/v2/pipelines HTTP/1.1\r\nHost: a\r\n\r\n%(rest)s",
    "offer to upgrade with chunks": b"%(post)sConnection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n%(rest)s",
    "tunnel": b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n%(rest)s",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03%(rest)s",
    "a reply instead of a request": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n%(rest)s",
}


@pytest.fixture(scope="module")
def server(homes: Homes) -> Server:
    return Server(homes["sqlite"])


def request(server: Server, method: str, body: bytes = b"", *lines: str, path: str = "/api/v2/pipelines") -> bytes:
    """A request in order."""
    head = [f"{method} {path} HTTP/1.1", "Host: a", f"X-Api-Token: {server.admin.token}", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def head(server: Server, version: str = "1.1") -> bytes:
    """The beginning of a request with a body."""
    return f"POST /api/v2/pipelines HTTP/{version}\r\nHost: a\r\nX-Api-Token: {server.admin.token}\r\n".encode()


def names(server: Server) -> list[str]:
    return [pipeline["name"] for pipeline in server.admin.get("/api/v2/pipelines", limit=500).data]


@pytest.fixture
def raw(server: Server) -> Iterator[Raw]:
    with Raw(server.url) as connection:
        yield connection


@pytest.mark.parametrize("attack", REFUSED.values(), ids=REFUSED.keys())
def test_an_ambiguous_request_is_refused_and_its_connection_closed(server: Server, raw: Raw, attack: bytes) -> None:
    parts = {
        b"post": head(server),
        b"post10": head(server, "1.0"),
        b"chunked": head(server) + b"Transfer-Encoding: chunked\r\n\r\n",
        b"rest": request(server, "POST", b'{"name":"smuggled"}'),
    }
    raw.send(attack % parts)
    heard = raw.answers()
    assert ([each.status for each in heard], b"Connection: close" in heard[0].head) == ([400], True)
    assert "smuggled" not in names(server)


def test_a_request_in_the_body_of_another_is_not_read_as_one(server: Server, raw: Raw) -> None:
    inner = request(server, "POST", b'{"name":"inner"}')
    raw.send(request(server, "GET", inner) + request(server, "GET", b"", "Connection: close"))
    assert [each.status for each in raw.answers()] == [200, 200]
    assert "inner" not in names(server)


def test_headers_behind_the_last_chunk_are_not_read(server: Server, raw: Raw) -> None:
    unsigned = b"GET /api/v2/pipelines HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    raw.send(unsigned + f"X-Api-Token: {server.admin.token}\r\nConnection: close\r\n\r\n".encode())
    answer = raw.answer()
    assert answer is not None
    assert answer.status == 401


def test_requests_that_come_together_are_answered_in_their_order(server: Server, raw: Raw) -> None:
    raw.send(
        request(server, "POST", b'{"name":"first of three"}')
        + request(server, "GET", path="/api/v2/pipelines?limit=500")
        + request(server, "DELETE", b"", "Connection: close", path="/api/v2/pipelines/987654321")
    )
    heard = raw.answers()
    assert [each.status for each in heard] == [200, 200, 404]
    assert "first of three" in [pipeline["name"] for pipeline in json.loads(heard[1].body)["data"]]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_good_request_before_a_bad_one_keeps_its_own_answer(server: Server, raw: Raw, method: str) -> None:
    raw.send(request(server, method, b'{"name":"kept"}') + b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")
    assert [each.status for each in raw.answers()] == [200, 400]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_read_behind_the_wish_to_close(server: Server, raw: Raw, method: str) -> None:
    sent = request(server, method, b'{"name":"in time"}', "Connection: close")
    raw.send(sent + request(server, "POST", b'{"name":"too late"}'))
    assert [each.status for each in raw.answers()] == [200]
    assert "too late" not in names(server)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_request_may_come_in_small_pieces(server: Server, raw: Raw, size: int) -> None:
    sent = request(server, "POST", b'{"name":"in pieces"}', "Connection: close")
    raw.send_slowly((sent[i : i + size] for i in range(0, len(sent), size)), 0.001)
    assert [each.status for each in raw.answers()] == [200]


def test_a_chunked_body_is_read(server: Server, raw: Raw) -> None:
    sent = request(server, "POST", b"", "Transfer-Encoding: chunked", "Connection: close")
    raw.send(sent + b'9;note="x"\r\n{"name":"\r\nB\r\nin chunks"}\r\n0\r\n\r\n')
    assert [each.status for each in raw.answers()] == [200]


def test_an_offer_to_upgrade_is_passed_over(server: Server, raw: Raw) -> None:
    lines = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    raw.send(
        request(server, "POST", b'{"name":"upgraded"}', *lines)
        + request(server, "GET", b"", *lines)
        + request(server, "GET", b"", "Connection: close")
    )
    assert [each.status for each in raw.answers()] == [200, 200, 200]
    assert names(server).count("upgraded") == 1


# ------------------------------------------------------------------------------------------------- slow and huge


def test_a_head_that_drips_is_cut(server: Server, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "head_s", 0.3)
    began = time.monotonic()
    raw.send_slowly((bytes([each]) for each in b"GET /" + b"a" * 200), 0.02)
    assert [each.status for each in raw.answers()] == [408]
    assert time.monotonic() - began < 4.5


def test_a_second_head_that_drips_is_cut(server: Server, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "head_s", 0.3)
    raw.send(request(server, "GET"))
    raw.send_slowly((bytes([each]) for each in request(server, "GET", b"", "X-Note: " + "a" * 100)), 0.02)
    assert [each.status for each in raw.answers()] == [200, 408]


def test_a_body_that_drips_is_cut(server: Server, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "body_s", 0.3)
    raw.send_slowly((bytes([each]) for each in request(server, "POST", b" " * 300)), 0.005)
    assert [each.status for each in raw.answers()] == [408]


def test_a_connection_that_says_nothing_is_closed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "head_s", 0.3)
    with Raw(server.url) as raw:
        assert raw.answers() == []


def test_an_idle_connection_is_closed(server: Server, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "idle_s", 0.3)
    raw.send(request(server, "GET"))
    assert [each.status for each in raw.answers()] == [200]


def test_a_client_that_reads_nothing_is_dropped(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Protocol, "idle_s", 0.5)
    with Raw(server.url, takes=4_096) as raw:
        assert raw.push_until_dropped(request(server, "GET", path="/v1/currencies"), 10)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /api/v2/deals?ids=" + b"1," * 10_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 2_000_000, 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Note: " + b"a" * 17_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Note: " + b"a" * 2_000_000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a" * 17_000 + b": 1\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Note: 1\r\n" * 1_000 + b"\r\n", 431),
        (b"POST /api/v2/deals HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n", 413),
        (b"POST /api/v2/deals HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\n", 413),
        (
            b"POST /api/v2/deals HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 17,
            413,
        ),
        (
            b"POST /api/v2/deals HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
            + b"X-Note: 1\r\n" * 500_000,
            413,
        ),
        (b"POST /api/v2/deals HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * 5_000_000, 413),
    ],
    ids=[
        "target",
        "list of ids",
        "endless target",
        "header",
        "endless header",
        "header name",
        "1,000 headers",
        "length",
        "huge length",
        "chunks",
        "headers behind the last chunk",
        "endless chunk extension",
    ],
)
def test_what_is_too_large_is_refused_early(server: Server, raw: Raw, sent: bytes, status: int) -> None:
    raw.send(sent)
    assert [each.status for each in raw.answers()] == [status]


@pytest.mark.parametrize(
    "lines", [b"X-Note: " + b"a" * 17_000 + b"\r\n", b"X-Note: 1\r\n" * 101], ids=["size", "number"]
)
def test_no_head_may_be_large_that_comes_behind_another(server: Server, raw: Raw, lines: bytes) -> None:
    raw.send(request(server, "GET") + b"GET / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
    assert [each.status for each in raw.answers()] == [200, 431]


def test_lines_of_one_header_are_one_list(server: Server, raw: Raw) -> None:
    token = server.company.admin.sell_token
    head = f"GET /v2/pipelines HTTP/1.1\r\nHost: a\r\nUser-Agent: tests\r\nAuthorization: Bearer {token}\r\n"
    raw.send(f"{head}Accept: text/html\r\nAccept: application/json\r\nConnection: close\r\n\r\n".encode())
    assert [each.status for each in raw.answers()] == [200]


def test_a_client_that_signs_in_twice_is_nobody(server: Server, raw: Raw) -> None:
    head = f"GET /api/v2/pipelines HTTP/1.1\r\nHost: a\r\nX-Api-Token: {server.admin.token}\r\n"
    raw.send(f"{head}X-Api-Token: {server.admin.token}\r\nConnection: close\r\n\r\n".encode())
    assert [each.status for each in raw.answers()] == [401]
