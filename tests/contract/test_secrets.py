"""No token in logs, in answers or in the store (reliability.md 4.1, API2, and 4.4).

That the logs of a whole run hold none is asserted at its end, by the fixture `kept_logs`.
"""

from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import apsw
import pytest

from dealflow.actions.companies import token_hash
from dealflow.storage.migrations import upgrade
from tests.support.databases import Clock, Home
from tests.support.kept_logs import KeptLogs
from tests.support.people import Server
from tests.support.server import Client, Response

PATHS = [
    "/v1/deals",
    "/v1/deals/1",
    "/v1/nowhere",
    "/api/v2/deals?limit=0",
    "/api/v2/deals?cursor=what",
    "/api/v2/nowhere",
    "/nowhere",
    "/v1/users/find",
]


def by_query(client: Client, method: str, path: str) -> Response:
    """Sign in by the address, the way that leaves the most traces."""
    joint = "&" if "?" in path else "?"
    return Client(client.served, None).call(method, f"{path}{joint}api_token={client.token}")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_no_answer_repeats_the_token(method: str, path: str, server: Server) -> None:
    answer = by_query(server.admin, method, path)
    assert str(server.admin.token) not in f"{answer.raw!r} {dict(answer.headers)}"


@pytest.fixture
def broken(tmp_path: Path, session_clock: Clock) -> Server:
    """A server whose database has lost a table."""
    url = f"sqlite:///{tmp_path / 'broken.db'}"
    upgrade(url)
    home = Home("broken", url, session_clock)
    server = Server(home)
    with closing(apsw.Connection(str(tmp_path / "broken.db"))) as db:
        db.execute("ALTER TABLE stage RENAME TO lost")
    return server


def test_an_unexpected_error_is_logged_with_its_path_and_without_the_token(broken: Server, kept_logs: KeptLogs) -> None:
    ways = [
        broken.admin.get("/v1/stages"),
        by_query(broken.admin, "GET", "/v1/stages"),
        Client(broken.served, None).call(
            "GET", "/v1/stages", headers={"Authorization": f"Bearer {broken.admin.token}"}
        ),
    ]
    broken.home.close()
    assert [answer.status for answer in ways] == [500, 500, 500]
    assert kept_logs.text.count('"event": "unexpected error", "method": "GET", "path": "/v1/stages"') == 3
    assert str(broken.admin.token) not in kept_logs.text


def test_an_unexpected_error_is_told_without_details(broken: Server) -> None:
    answer = broken.admin.get("/v1/stages")
    broken.home.close()
    assert (answer.status, answer.body) == (
        500,
        {
            "success": False,
            "error": "Internal server error",
            "error_info": "Please check developers.pipedrive.com for more information about Pipedrive API.",
            "data": None,
            "additional_data": None,
        },
    )


def test_metrics_hold_no_token(server: Server) -> None:
    by_query(server.admin, "GET", "/v1/deals")
    by_query(server.admin, "GET", f"/v1/deals/{server.admin.token}")
    by_query(server.admin, "GET", f"/{server.admin.token}")
    assert str(server.admin.token) not in Client(server.served, None).get("/metrics").raw.decode()


def used(server: Server) -> list[str]:
    """The tokens of a company that has worked with them in every way."""
    path = "/api/v2/pipelines"
    headers = {"Idempotency-Key": "once"}
    server.admin.call("POST", path, {"name": "By header"}, headers=headers)
    server.admin.call("POST", f"{path}?api_token={server.admin.token}", {"name": "By query"}, headers=headers)
    tokens = [token for person in server.company.people for token in (person.pipedrive_token, person.sell_token)]
    assert len(set(tokens)) == 6
    return tokens


def test_the_tables_hold_no_token(server: Server) -> None:
    tokens = used(server)
    rows = repr(server.home.dump(server.company.company_id))
    assert [token for token in tokens if token in rows] == []
    assert [token for token in tokens if token_hash(token) not in rows] == []


def test_the_file_holds_no_token(server: Server) -> None:
    """Not in free pages or in the log either; on PostgreSQL there is no file of ours."""
    tokens = used(server)
    path = Path(unquote(urlsplit(server.home.url).path[1:]))
    files = [path, path.with_name(f"{path.name}-wal")] if server.home.name == "sqlite" else []
    found = b"".join(file.read_bytes() for file in files if file.exists())
    assert [token for token in tokens if token.encode() in found] == []
    assert bool(found) == (server.home.name == "sqlite")
