import socket
import urllib.request
from urllib.parse import urlsplit

from tests.cli.conftest import NEW_COMPANY, Program


def status_of(url: str, token: str) -> int:
    request = urllib.request.Request(url, headers={"x-api-token": token})  # noqa: S310  our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return int(answer.status)


def test_the_ready_file_tells_of_the_only_company(dealflow_on_each: Program) -> None:
    token = dealflow_on_each.json(*NEW_COMPANY)["users"][0]["pipedrive_token"]
    with dealflow_on_each.serving("serve") as ready:
        status = status_of(f"{ready['url']}/api/v2/pipelines", token)
    assert status == 200
    assert ready["company_id"] == 1
    assert ready["users"] == [
        {
            "id": 1,
            "name": "Ann",
            "email": "ann@example.com",
            "role": "admin",
            "pipedrive_token": None,
            "sell_token": None,
        }
    ]


def test_the_ready_file_names_no_company_among_several(acme: Program) -> None:
    acme.do(*NEW_COMPANY)
    with acme.serving("serve") as ready:
        pass
    assert (ready["company_id"], ready["users"]) == (None, [])


def test_a_database_that_is_not_there_is_made(dealflow: Program) -> None:
    with dealflow.serving("serve") as ready:
        pass
    assert (ready["company_id"], ready["users"]) == (None, [])
    assert (dealflow.folder / "test.db").stat().st_mode & 0o777 == 0o600


def test_several_workers_serve_one_database(acme: Program) -> None:
    token = acme.json("token", "new", 1)["token"]
    with acme.serving("serve", "--workers", "2") as ready:
        assert status_of(f"{ready['url']}/api/v2/pipelines", token) == 200


def test_a_taken_port_is_said_in_one_line(dealflow: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in dealflow.error("serve", "--port", port)


def test_the_default_address_is_loopback(dealflow: Program) -> None:
    with dealflow.serving("serve") as ready:
        assert urlsplit(ready["url"]).hostname == "127.0.0.1"


def test_limits_are_not_counted_by_several_processes(dealflow: Program) -> None:
    assert "--limits counts in one process" in dealflow.error("serve", "--limits", "lite", "--workers", "2")
