"""OAuth clients and passwords from the command line."""

import base64
import contextlib
import fcntl
import http.client
import json
import os
import subprocess
import sys
import termios
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.cli.conftest import PATIENCE_S, Program

URI = "https://app.example/back"
PASSWORD = "correct horse battery"


def say(program: Program, *arguments: str, line: str) -> subprocess.CompletedProcess[str]:
    """Run a command that reads a line."""
    return subprocess.run(
        [sys.executable, "-m", "dealflow", *arguments],
        cwd=program.folder,
        env=program.environment,
        input=f"{line}\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def ask_for_tokens(url: str, client: dict[str, Any], **parameters: str) -> tuple[int, Any]:
    """POST /oauth2/token of a server."""
    basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/oauth2/token", urlencode(parameters), headers)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    return answer.status, found


def by_password(url: str, client: dict[str, Any]) -> tuple[int, Any]:
    return ask_for_tokens(url, client, grant_type="password", username="ann@example.com", password=PASSWORD)


def test_a_client_is_shown_its_secret_once(dealflow_on_each: Program) -> None:
    made = dealflow_on_each.json("oauth-client", "add", "Robot", "--redirect-uri", URI, "--redirect-uri", f"{URI}/2")
    (listed,) = dealflow_on_each.json("oauth-client", "list")
    assert (len(made["client_id"]), len(made["client_secret"])) == (32, 64)
    assert {**made, "created_at": listed["created_at"]} == {**listed, "client_secret": made["client_secret"]}


def test_people_see_id_and_secret(acme: Program) -> None:
    said = acme.do("oauth-client", "add", "Robot", "--redirect-uri", URI)
    (listed,) = acme.json("oauth-client", "list")
    assert f"Id:     {listed['client_id']}\n" in said
    assert URI in acme.do("oauth-client", "list")


def test_a_password_opens_and_a_deleted_client_ends(acme: Program) -> None:
    client = acme.json("oauth-client", "add", "Robot", "--redirect-uri", URI)
    said = say(acme, "user", "password", "ann@example.com", "--stdin", line=PASSWORD)
    with acme.serving("serve") as ready:
        status, tokens = by_password(ready["url"], client)
        listed = [each for each in acme.json("token", "list") if each["kind"] == "oauth"]
        acme.do("oauth-client", "delete", client["client_id"])
        gone = [each for each in acme.json("token", "list") if each["kind"] == "oauth"]
        refused, _ = ask_for_tokens(
            ready["url"], client, grant_type="refresh_token", refresh_token=tokens["refresh_token"]
        )
    assert (said.returncode, said.stdout) == (0, "User 1, Ann, has a new password.\n")
    assert (status, [each["last4"] for each in listed], gone) == (200, [tokens["access_token"][-4:]], [])
    assert refused == 401


def test_revoking_an_oauth_token_ends_its_refresh_token_too(acme: Program) -> None:
    client = acme.json("oauth-client", "add", "Robot", "--redirect-uri", URI)
    say(acme, "user", "password", "1", "--stdin", line=PASSWORD)
    with acme.serving("serve") as ready:
        _, tokens = by_password(ready["url"], client)
        (listed,) = (each for each in acme.json("token", "list") if each["kind"] == "oauth")
        acme.do("token", "revoke", listed["id"])
        again = ask_for_tokens(ready["url"], client, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (again[0], again[1]["error"]) == (400, "invalid_grant")


def test_a_forgotten_password_opens_nothing(acme: Program) -> None:
    client = acme.json("oauth-client", "add", "Robot", "--redirect-uri", URI)
    say(acme, "user", "password", "1", "--stdin", line=PASSWORD)
    said = acme.do("user", "password", "1", "--forget")
    with acme.serving("serve") as ready:
        status, answer = by_password(ready["url"], client)
    assert (said, status, answer["error"]) == ("User 1, Ann, has no password.\n", 400, "invalid_grant")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("oauth-client", "add", "X", "--redirect-uri", "/back"), "absolute URI"),
        (("oauth-client", "add", "X", "--redirect-uri", "https://a.example/#here"), "without a fragment"),
        (("oauth-client", "add", "X", "--redirect-uri", "javascript:alert(1)"), "no address to return to"),
        (("oauth-client", "add", " ", "--redirect-uri", URI), "name: must not be empty"),
        (("oauth-client", "delete", "nobody"), "OAuth client not found"),
        (("user", "password", "7", "--stdin"), "user 7 not found"),
        (("user", "password", "1"), "--stdin"),
        (("serve", "--sell-rate", "-1"), "--sell-rate must be at least 0"),
        (("demo", "--sell-rate", "-1"), "--sell-rate must be at least 0"),
        (("serve", "--sell-rate", "10", "--workers", "2"), "leave --workers at 1"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(acme: Program, arguments: tuple[str, ...], said: str) -> None:
    assert said in acme.error(*arguments)


def test_a_client_needs_an_address(acme: Program) -> None:
    assert acme.error("oauth-client", "add", "X", code=2)


def test_a_short_password_is_refused(acme: Program) -> None:
    said = say(acme, "user", "password", "1", "--stdin", line="short")
    assert (said.returncode, said.stderr) == (1, "dealflow: password: must have 8 to 1000 characters\n")


def test_the_rate_of_sell_may_be_set(acme: Program) -> None:
    token = acme.json("token", "new", "1", "--kind", "sell")["token"]
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "tests"}
    with acme.serving("serve", "--sell-rate", "1") as ready:
        connection = http.client.HTTPConnection(urlsplit(ready["url"]).netloc, timeout=PATIENCE_S)
        statuses = []
        for _ in range(5):
            connection.request("GET", "/v2/pipelines", headers=headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
    assert (statuses[0], statuses[-1]) == (200, 429)


def test_an_export_holds_no_hash_of_a_password(acme: Program) -> None:
    say(acme, "user", "password", "1", "--stdin", line=PASSWORD)
    acme.do("export", "--company", 1, "acme.jsonl")
    exported = (acme.folder / "acme.jsonl").read_text()
    assert ('"password"' in exported, "argon2" in exported) == (True, False)


def typed(program: Program, *arguments: str, lines: list[str]) -> tuple[int, str]:
    """Run a command at a terminal, typing a line after each question; its exit code and all that was to be seen."""
    ours, theirs = os.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "dealflow", *arguments],
        cwd=program.folder,
        env=program.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  getpass asks the terminal itself
    )
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 1_000):
            seen += piece
            if seen.endswith(b": ") and lines:
                os.write(ours, f"{lines.pop(0)}\n".encode())
    os.close(ours)
    return done.wait(PATIENCE_S), seen.decode()


def test_a_password_is_asked_for_twice_and_not_shown(acme: Program) -> None:
    code, seen = typed(acme, "user", "password", "1", lines=[PASSWORD, PASSWORD])
    assert (code, seen.count(": "), PASSWORD in seen, "has a new password" in seen) == (0, 2, False, True)


def test_a_slip_of_the_finger_changes_nothing(acme: Program) -> None:
    code, seen = typed(acme, "user", "password", "1", lines=[PASSWORD, "correct house battery"])
    assert (code, "the two are not the same" in seen) == (1, True)
