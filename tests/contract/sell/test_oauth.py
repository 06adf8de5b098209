"""OAuth 2 of Sell (contract 1.2, RFC 6749, 7009, 7636)."""

import base64
import hashlib
import itertools
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from dealflow.actions import companies, operator, passwords
from dealflow.core.oauth import challenge_of
from dealflow.storage import users
from tests.support.databases import Clock, Home
from tests.support.people import Server
from tests.support.sell import SellClient
from tests.support.server import Client, Response, used_tokens

URI: Final = "https://app.example/back"
PASSWORD: Final = "correct horse battery"
VERIFIER: Final = "v" * 43
numbers: Final = itertools.count(1)


@pytest.fixture(scope="module")
def kept() -> str:
    return passwords.hashed(PASSWORD)


class App:
    """A program that asks to be let in, and the browser of the user who decides."""

    def __init__(self, server: Server, *uris: str) -> None:
        self.http = Client(server.served, None)
        self.home = server.home
        with self.home.transaction(0) as tx:
            made = operator.add_client(tx.db, tx.now, "Robots & <Sons>", uris or (URI,))
        self.id, self.secret = made.client.client, made.secret
        self.token = server.company.seller.sell_token
        self.user_id = server.company.seller.user.id
        self.cookie = ""
        # Tries to sign in are counted by address.
        self.address = f"198.51.100.{next(numbers)}"
        used_tokens.update({self.token, self.secret})

    @property
    def basic(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()}

    def page(self, **query: str | None) -> Response:
        """What the user sees who is sent here; a parameter of None is left out."""
        asked = {"response_type": "code", "client_id": self.id, "redirect_uri": URI, "state": "a b&c", **query}
        given = {name: value for name, value in asked.items() if value is not None}
        answer = self.http.call("GET", "/oauth2/authorize", query=given)
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def send(self, page: Response, *, cookie: str | None = None, **filled: str) -> Response:
        """The form of a page, filled in and sent."""
        html = page.raw.decode()
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
        form = {name: unescape(value) for name, value in hidden} | {"decision": "allow"} | filled
        headers = {"Cookie": self.cookie if cookie is None else cookie, "X-Forwarded-For": self.address}
        return self.http.call("POST", "/oauth2/authorize", form=form, headers=headers)

    def allowed(self, **query: str | None) -> Mapping[str, str]:
        """What the client is told when the user allows it with a token."""
        return told(self.send(self.page(**query), token=self.token))

    def ask(self, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Response:
        sent = {**(self.basic if headers is None else headers), "X-Forwarded-For": self.address}
        answer = self.http.call("POST", "/oauth2/token", form=form, headers=sent)
        if answer.status == 200:
            used_tokens.update({answer.body["access_token"], answer.body["refresh_token"]})
        return answer

    def redeem(
        self, code: str, more: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        return self.ask({"grant_type": "authorization_code", "code": code, **(more or {})}, headers)

    def refresh(self, token: str, more: Mapping[str, str] | None = None) -> Response:
        return self.ask({"grant_type": "refresh_token", "refresh_token": token, **(more or {})})

    def by_password(self, username: str, password: str, more: Mapping[str, str] | None = None) -> Response:
        return self.ask({"grant_type": "password", "username": username, "password": password, **(more or {})})

    def tokens(self, **query: str | None) -> dict[str, str]:
        """The answer to a code, through all steps."""
        found: dict[str, str] = self.redeem(self.allowed(**query)["code"]).body
        return found

    def revoke(self, **form: str) -> Response:
        return self.http.call("POST", "/oauth2/revoke", form=form, headers=self.basic)

    def status(self, access_token: str) -> int:
        """How a call with the token is answered."""
        return SellClient(self.http.served, access_token).get("/v2/pipelines").status


def told(answer: Response) -> dict[str, str]:
    """What a redirect brings to the client, by its query or its fragment."""
    assert answer.status == 302, answer.raw
    parts = urlsplit(answer.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == URI
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


@pytest.fixture
def app(server: Server) -> App:
    return App(server)


@pytest.fixture
def email(app: App, server: Server, kept: str) -> str:
    """The address of a user who signs in with a password."""
    address = f"sam.{server.company.company_id}@example.com"
    add_login(server.home, server.company.company_id, address, kept)
    return address


def add_login(home: Home, company_id: int, email: str, kept: str) -> int:
    with home.transaction(company_id) as tx:
        made = companies.new_user(tx, "Sam", email)
        passwords.set_password(tx, made.user.id, kept)
    return made.user.id


# ------------------------------------------------------------------------------------------------------------ page


def test_the_page_names_the_client_and_what_it_may(app: App) -> None:
    html = app.page(scope="read sync").raw.decode()
    assert "Robots &amp; &lt;Sons&gt; asks to work" in html
    assert re.findall("<li>(.*?)</li>", html) == [
        "read everything but the account and its users",
        "read everything through the Sync API",
    ]


def test_without_a_scope_all_are_meant(app: App) -> None:
    assert app.page().raw.decode().count("<li>") == 4


def test_the_page_says_where_it_leads(app: App) -> None:
    assert "You will return to app.example." in app.page().raw.decode()


def test_the_page_needs_nothing_and_fits_in_no_frame(app: App) -> None:
    answer = app.page()
    html = answer.raw.decode()
    style = re.search(r"style-src 'sha256-([^']+)'", answer.headers["content-security-policy"])
    assert style is not None
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{style[1]}'; form-action 'self' https://app.example; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert {name: answer.headers[name] for name in ("content-type", "x-frame-options", "referrer-policy")} == {
        "content-type": "text/html; charset=utf-8",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
    }
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert not re.search(r"<script|\bon\w+=|src=|href=|style=", html)


def test_the_policy_allows_the_style_that_is_there(app: App) -> None:
    answer = app.page()
    style = re.search("<style>(.*?)</style>", answer.raw.decode())
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("uri", "source"),
    [("http://[::1]:3000/back", "http:"), ("com.example.app:/back", "com.example.app:")],
)
def test_the_policy_lets_the_form_lead_to_any_kind_of_client(server: Server, uri: str, source: str) -> None:
    answer = App(server, uri).page(redirect_uri=uri)
    assert f"form-action 'self' {source};" in answer.headers["content-security-policy"]


def test_what_was_asked_is_shown_escaped(app: App) -> None:
    html = app.page(state='"><script>alert(1)</script>').raw.decode()
    assert "<script" not in html


def test_the_cookie_is_for_the_page_alone(app: App) -> None:
    cookie = app.page().headers["set-cookie"]
    assert re.fullmatch(
        r"dealflow_consent=[0-9a-f]{64}; Path=/oauth2/authorize; Max-Age=3600; HttpOnly; SameSite=Lax", cookie
    )


def test_behind_tls_the_cookie_is_secure(app: App) -> None:
    query = {"response_type": "code", "client_id": app.id}
    answer = app.http.call("GET", "/oauth2/authorize", query=query, headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["set-cookie"].endswith("; Secure")


def test_two_pages_in_one_browser_work_both(app: App) -> None:
    first = app.page(state="1")
    query = {"response_type": "code", "client_id": app.id, "state": "2"}
    second = app.http.call("GET", "/oauth2/authorize", query=query, headers={"Cookie": app.cookie})
    states = [told(app.send(each, token=app.token))["state"] for each in (second, first)]
    assert states == ["2", "1"]


@pytest.mark.parametrize("query", [{"client_id": "unknown"}, {"client_id": None}, {"client_id": ""}])
def test_an_unknown_client_leads_nowhere(app: App, query: dict[str, str | None]) -> None:
    answer = app.page(**query)
    assert (answer.status, "location" in answer.headers, "client_id" in answer.raw.decode()) == (400, False, True)


@pytest.mark.parametrize(
    "uri", [f"{URI}/", f"{URI}?a=b", "https://app.example", "http://app.example/back", "https://evil.example/back"]
)
def test_another_address_leads_nowhere(app: App, uri: str) -> None:
    answer = app.page(redirect_uri=uri)
    assert (answer.status, "location" in answer.headers) == (400, False)
    assert "form-action 'self';" in answer.headers["content-security-policy"]


def test_the_only_address_may_be_left_out(app: App) -> None:
    assert app.page(redirect_uri=None).status == 200


def test_one_of_several_addresses_must_be_named(server: Server) -> None:
    app = App(server, URI, f"{URI}/2")
    assert (app.page(redirect_uri=None).status, app.page().status) == (400, 200)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"scope": "read admin"}, "invalid_scope"),
        ({"code_challenge": challenge_of(VERIFIER)}, "invalid_request"),
        ({"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_other_errors_are_told_to_the_client(app: App, query: dict[str, str | None], error: str) -> None:
    found = told(app.page(**query))
    assert (found["error"], found["state"]) == (error, "a b&c")


def test_a_parameter_given_twice_is_an_error(app: App) -> None:
    query = urlencode([("response_type", "code"), ("client_id", app.id), ("scope", "read"), ("scope", "write")])
    assert told(app.http.call("GET", f"/oauth2/authorize?{query}"))["error"] == "invalid_request"


def test_a_client_given_twice_leads_nowhere(app: App) -> None:
    query = urlencode([("response_type", "code"), ("client_id", app.id), ("client_id", app.id)])
    assert app.http.call("GET", f"/oauth2/authorize?{query}").status == 400


def test_unknown_parameters_are_passed_over(app: App, strict_server: Server) -> None:
    strict = Client(strict_server.served, None)
    query = {"response_type": "code", "client_id": app.id, "prompt": "login"}
    assert [each.call("GET", "/oauth2/authorize", query=query).status for each in (app.http, strict)] == [200, 200]


def test_a_page_that_fails_is_a_page(app: App) -> None:
    answer = app.http.call("GET", "/oauth2/authorize?state=%ff")
    assert (answer.status, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


def test_only_the_head_is_sent_to_who_asks_for_it(app: App) -> None:
    answer = app.http.call("HEAD", "/oauth2/authorize", query={"response_type": "code", "client_id": app.id})
    assert (answer.status, answer.raw) == (200, b"")


# --------------------------------------------------------------------------------------------------------- consent


def test_a_token_of_the_user_lets_the_client_in(app: App) -> None:
    found = app.allowed()
    assert (sorted(found), len(found["code"]), found["state"]) == (["code", "state"], 64, "a b&c")


def test_a_state_that_was_not_sent_does_not_come_back(app: App) -> None:
    assert app.allowed(state=None).keys() == {"code"}


def test_a_password_lets_the_client_in(app: App, email: str) -> None:
    code = told(app.send(app.page(), email=email, password=PASSWORD))["code"]
    assert app.redeem(code).status == 200


def test_a_query_of_the_address_stays(server: Server) -> None:
    app = App(server, f"{URI}?a=b")
    answer = app.send(app.page(redirect_uri=f"{URI}?a=b"), token=app.token)
    assert answer.headers["location"].startswith(f"{URI}?a=b&code=")


def test_who_denies_needs_no_password(app: App) -> None:
    found = told(app.send(app.page(), decision="deny"))
    assert (found["error"], found["state"]) == ("access_denied", "a b&c")


@pytest.mark.parametrize(
    "filled",
    [
        {},
        {"email": "EMAIL", "password": "wrong"},
        {"email": "EMAIL"},
        {"email": "nobody@example.com", "password": PASSWORD},
        {"token": "0" * 64},
        {"email": "EMAIL", "password": PASSWORD, "company": "999999"},
    ],
)
def test_whoever_cannot_sign_in_is_asked_again(app: App, email: str, filled: dict[str, str]) -> None:
    entered = {name: email if value == "EMAIL" else value for name, value in filled.items()}
    answer = app.send(app.page(), **entered)
    assert (answer.status, "is wrong" in answer.raw.decode()) == (403, True)
    assert PASSWORD not in answer.raw.decode()


def test_the_page_that_asks_again_works(app: App) -> None:
    again = app.send(app.page(), token="wrong")
    assert "code" in told(app.send(again, token=app.token))


@pytest.mark.parametrize("cookie", ["", "dealflow_consent=", "dealflow_consent=" + "0" * 64, "other=1"])
def test_a_form_from_elsewhere_is_not_taken(app: App, cookie: str) -> None:
    answer = app.send(app.page(), cookie=cookie, token=app.token)
    assert (answer.status, "location" in answer.headers) == (403, False)


@pytest.mark.parametrize("changed", [{"scope": "write"}, {"state": "mine"}, {"response_type": "token"}, {"seal": "ä"}])
def test_a_form_changed_on_its_way_is_not_taken(app: App, changed: dict[str, str]) -> None:
    answer = app.send(app.page(scope="read"), token=app.token, **changed)
    assert (answer.status, "location" in answer.headers) == (403, False)


def test_a_token_granted_to_a_program_grants_nothing(app: App) -> None:
    tokens = app.tokens(scope="read")
    assert app.send(app.page(), token=tokens["access_token"]).status == 403


def test_who_was_kept_out_cannot_let_anyone_in(app: App, email: str, server: Server) -> None:
    with app.home.transaction(server.company.company_id, server.company.admin.user.id) as tx:
        user_id = next(each.id for each in users.everyone(tx) if each.email == email)
        companies.set_active(tx, user_id, active=False)
    assert app.send(app.page(), email=email, password=PASSWORD).status == 403


def test_a_login_of_several_companies_chooses_one(app: App, email: str, server: Server, kept: str) -> None:
    theirs = server.neighbours
    their_user = add_login(server.home, theirs.company_id, email, kept)
    choice = app.send(app.page(), email=email, password=PASSWORD)
    options = re.findall(r'<option value="(\d+)">(.*?)</option>', choice.raw.decode())
    chosen = app.send(choice, email=email, password=PASSWORD, company=str(theirs.company_id))
    found = app.redeem(told(chosen)["code"]).body
    info = app.http.call("GET", "/oauth2/token/info", headers={"Authorization": f"Bearer {found['access_token']}"})
    ids = [server.company.company_id, theirs.company_id]
    assert (choice.status, options) == (200, [(str(each), f"Acme {each}") for each in sorted(ids)])
    assert info.body["user_id"] == their_user


def test_the_sixth_try_in_a_minute_waits(app: App, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = app.page()
    wrong = [app.send(page, email=email, password="wrong").status for _ in range(5)]
    answer = app.send(page, email=email, password=PASSWORD)
    api = app.by_password(email, PASSWORD)
    assert (wrong, answer.status, answer.headers["content-type"]) == ([403] * 5, 429, "text/html; charset=utf-8")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (api.status, api.body["error"]) == (429, "temporarily_unavailable")


def test_tries_are_counted_by_address_too(app: App) -> None:
    page = app.page()
    statuses = [app.send(page, email=f"{n}.{app.id}@example.com", password="wrong").status for n in range(6)]
    assert statuses == [403] * 5 + [429]


# -------------------------------------------------------------------------------------------------- implicit grant


def test_tokens_may_come_in_the_fragment(app: App) -> None:
    answer = app.send(app.page(response_type="token", scope="read"), token=app.token)
    found = told(answer)
    used_tokens.update({found["access_token"], found["refresh_token"]})
    assert urlsplit(answer.headers["location"]).query == ""
    assert found == {
        "access_token": found["access_token"],
        "token_type": "bearer",
        "expires_in": "3600",
        "refresh_token": found["refresh_token"],
        "scope": "read",
        "state": "a b&c",
    }
    assert (app.status(found["access_token"]), app.refresh(found["refresh_token"]).status) == (200, 200)


@pytest.mark.parametrize("decision", ["deny", ""])
def test_a_refusal_comes_in_the_fragment_as_well(app: App, decision: str) -> None:
    answer = app.send(app.page(response_type="token"), decision=decision)
    assert parse_qs(urlsplit(answer.headers["location"]).fragment)["error"] == ["access_denied"]


# ---------------------------------------------------------------------------------------------------------- tokens


def test_a_code_gives_tokens(app: App) -> None:
    answer = app.redeem(app.allowed(scope="write read")["code"])
    found = answer.body
    assert (answer.status, list(found)) == (
        200,
        ["access_token", "token_type", "expires_in", "refresh_token", "scope"],
    )
    assert (found["token_type"], found["expires_in"], found["scope"]) == ("bearer", 3600, "read write")
    assert [len(found[name]) for name in ("access_token", "refresh_token")] == [64, 64]
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_an_access_token_opens_the_api(app: App) -> None:
    assert app.status(app.tokens()["access_token"]) == 200


def test_an_access_token_acts_for_its_user(app: App) -> None:
    found = SellClient(app.http.served, app.tokens()["access_token"]).get("/v2/users/self")
    assert found.data["id"] == app.user_id


def test_an_access_token_lives_an_hour(app: App, clock: Clock) -> None:
    token = app.tokens()["access_token"]
    statuses = []
    for seconds in (3_599, 1):
        clock.advance(seconds=seconds)
        statuses.append(app.status(token))
    assert statuses == [200, 401]


def test_neither_code_nor_refresh_token_opens_the_api(app: App) -> None:
    code = app.allowed()["code"]
    assert [app.status(each) for each in (code, app.tokens()["refresh_token"])] == [401, 401]


def test_the_parameters_may_stand_in_the_query(app: App) -> None:
    query = {"grant_type": "authorization_code", "code": app.allowed()["code"]}
    assert app.http.call("POST", "/oauth2/token", query=query, headers=app.basic).status == 200


def test_query_and_form_may_be_mixed(app: App) -> None:
    form = {"code": app.allowed()["code"]}
    path = "/oauth2/token?grant_type=authorization_code"
    assert app.http.call("POST", path, form=form, headers=app.basic).status == 200


def test_the_client_may_name_itself_in_the_form(app: App) -> None:
    answer = app.redeem(app.allowed()["code"], {"client_id": app.id, "client_secret": app.secret}, headers={})
    assert answer.status == 200


def test_the_client_may_name_itself_twice(app: App) -> None:
    assert app.redeem(app.allowed()["code"], {"client_id": app.id, "client_secret": app.secret}).status == 200


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({}, {}),
        ({}, {"client_id": "ID"}),
        ({}, {"client_id": "ID", "client_secret": "wrong"}),
        ({}, {"client_id": "unknown", "client_secret": "x"}),
        ({"Authorization": "Basic eDp5"}, {}),
        ({"Authorization": "Basic %%%"}, {"client_id": "ID", "client_secret": "SECRET"}),
        ({"Authorization": "Basic /w=="}, {}),
        ({"Authorization": "Bearer x"}, {}),
    ],
)
def test_an_unknown_client_gets_nothing(app: App, headers: dict[str, str], more: dict[str, str]) -> None:
    code = app.allowed()["code"]
    said = {name: {"ID": app.id, "SECRET": app.secret}.get(value, value) for name, value in more.items()}
    answer = app.redeem(code, said, headers)
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert app.redeem(code).status == 200


def test_a_client_that_says_it_is_another_gets_nothing(app: App, server: Server) -> None:
    assert app.redeem(app.allowed()["code"], {"client_id": App(server).id}).status == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "unknown"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "unknown", "code_verifier": "short"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "username": "a@b.c"}, "invalid_request"),
        ({"grant_type": "password", "username": "a@b.c", "password": "x"}, "invalid_grant"),
    ],
)
def test_errors_have_the_form_of_the_standard(app: App, form: dict[str, str], error: str) -> None:
    answer = app.ask(form)
    assert (answer.status, answer.body.keys(), answer.body["error"]) == (
        400,
        {"error", "error_description"},
        error,
    )
    assert "errors" not in answer.body
    assert answer.headers["cache-control"] == "no-store"


def test_a_parameter_of_a_grant_comes_once(app: App) -> None:
    path = "/oauth2/token?grant_type=refresh_token"
    answer = app.http.call("POST", path, form={"grant_type": "refresh_token"}, headers=app.basic)
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_other_bodies_are_not_read(app: App, kind: str) -> None:
    answer = app.http.call("POST", "/oauth2/token", raw=b"{}", headers={**app.basic, "Content-Type": kind})
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"code=%ff", b"code=%00", b"&".join(b"a=1" for _ in range(300)), b"\xff"])
def test_forms_that_cannot_be_read_are_refused(app: App, body: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = app.http.call("POST", "/oauth2/token", raw=body, headers={**app.basic, **kind})
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


def test_a_code_works_once(app: App) -> None:
    code = app.allowed()["code"]
    tokens = app.redeem(code).body
    assert app.redeem(code).body["error"] == "invalid_grant"
    assert (app.status(tokens["access_token"]), app.refresh(tokens["refresh_token"]).status) == (401, 400)


def test_of_many_who_show_a_code_at_once_one_gets_tokens(app: App) -> None:
    code = app.allowed()["code"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.redeem(code), range(8)))
    assert sorted(each.status for each in answers) == [200] + [400] * 7


def test_of_many_who_refresh_at_once_one_gets_tokens(app: App) -> None:
    token = app.tokens()["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.refresh(token), range(8)))
    assert sorted(each.status for each in answers) == [200] + [400] * 7


def test_a_code_lives_five_minutes(app: App, clock: Clock) -> None:
    code = app.allowed()["code"]
    clock.advance(seconds=300)
    assert app.redeem(code).body["error"] == "invalid_grant"


def test_the_redirect_uri_of_a_code_must_be_the_same(app: App) -> None:
    code = app.allowed()["code"]
    assert app.redeem(code, {"redirect_uri": f"{URI}/"}).body["error"] == "invalid_grant"
    assert app.redeem(code, {"redirect_uri": URI}).status == 200


def test_a_code_of_another_client_is_unknown(app: App, server: Server) -> None:
    code = app.allowed()["code"]
    assert App(server).redeem(code).body["error"] == "invalid_grant"
    assert app.redeem(code).status == 200


def test_a_challenge_is_kept(app: App) -> None:
    code = app.allowed(code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")["code"]
    tries: list[dict[str, str]] = [{}, {"code_verifier": "w" * 43}, {"code_verifier": VERIFIER}]
    assert [app.redeem(code, more).status for more in tries] == [400, 400, 200]


def test_a_refresh_gives_a_new_pair(app: App) -> None:
    first = app.tokens()
    second = app.refresh(first["refresh_token"]).body
    assert len({first["access_token"], first["refresh_token"], second["access_token"], second["refresh_token"]}) == 4
    assert (app.status(first["access_token"]), app.status(second["access_token"])) == (200, 200)


def test_a_used_refresh_token_ends_all(app: App) -> None:
    first = app.tokens()
    second = app.refresh(first["refresh_token"]).body
    again = app.refresh(first["refresh_token"])
    assert (again.status, again.body["error"]) == (400, "invalid_grant")
    assert (app.status(second["access_token"]), app.refresh(second["refresh_token"]).status) == (401, 400)


def test_a_refresh_token_does_not_expire(app: App, clock: Clock) -> None:
    token = app.tokens()["refresh_token"]
    clock.advance(days=3_650)
    assert app.refresh(token).status == 200


def test_a_refresh_never_widens_the_scope(app: App) -> None:
    token = app.tokens(scope="read")["refresh_token"]
    answer = app.refresh(token, {"scope": "read write"})
    assert (answer.status, answer.body["error"]) == (400, "invalid_scope")
    assert app.refresh(token, {"scope": "read"}).body["scope"] == "read"


def test_a_password_gives_tokens(app: App, email: str) -> None:
    answer = app.by_password(email, PASSWORD, {"scope": "profile"})
    assert (answer.status, answer.body["scope"]) == (200, "profile")
    assert app.refresh(answer.body["refresh_token"]).status == 200


def test_a_password_gives_no_unknown_scope(app: App, email: str) -> None:
    answer = app.by_password(email, PASSWORD, {"scope": "admin"})
    assert (answer.status, answer.body["error"]) == (400, "invalid_scope")


def test_a_wrong_password_is_answered_like_an_unknown_user(app: App, email: str) -> None:
    wrong, unknown = (app.by_password(name, "wrong") for name in (email, f"not.{email}"))
    assert (wrong.status, wrong.raw) == (unknown.status, unknown.raw)
    assert wrong.body["error"] == "invalid_grant"


def test_a_login_of_several_companies_needs_the_browser(app: App, email: str, server: Server, kept: str) -> None:
    add_login(server.home, server.neighbours.company_id, email, kept)
    answer = app.by_password(email, PASSWORD)
    assert (answer.status, answer.body["error"], "several companies" in answer.body["error_description"]) == (
        400,
        "invalid_grant",
        True,
    )


def test_an_unknown_client_cannot_try_passwords(app: App, email: str) -> None:
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    statuses = [app.ask(form, headers={}).status for _ in range(6)]
    assert statuses == [401] * 6
    assert app.by_password(email, PASSWORD).status == 200


# ---------------------------------------------------------------------------------------------- revocation and info


@pytest.mark.parametrize(("which", "refreshed"), [("access_token", 200), ("refresh_token", 400)])
def test_a_revoked_token_opens_nothing(app: App, which: str, refreshed: int) -> None:
    tokens = app.tokens()
    answer = app.revoke(token=tokens[which], token_type_hint="access_token")
    assert (answer.status, answer.raw) == (200, b"")
    assert (app.status(tokens["access_token"]), app.refresh(tokens["refresh_token"]).status) == (401, refreshed)


@pytest.mark.parametrize("token", ["unknown", "0" * 64])
def test_an_unknown_token_is_as_good_as_revoked(app: App, token: str) -> None:
    assert app.revoke(token=token).status == 200


def test_a_personal_token_cannot_be_revoked_by_a_client(app: App) -> None:
    assert (app.revoke(token=app.token).status, app.status(app.token)) == (200, 200)


def test_revoking_needs_a_token(app: App) -> None:
    answer = app.revoke()
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


def test_revoking_needs_the_client(app: App, server: Server) -> None:
    token = app.tokens()["refresh_token"]
    stranger = app.http.call("POST", "/oauth2/revoke", form={"token": token})
    other = App(server).revoke(token=token)
    assert (stranger.status, stranger.body["error"]) == (401, "invalid_client")
    assert (other.status, other.body["error"]) == (400, "unauthorized_client")
    assert app.refresh(token).status == 200


def test_a_revocation_may_stand_in_the_query(app: App) -> None:
    token = app.tokens()["access_token"]
    app.http.call("POST", "/oauth2/revoke", query={"token": token}, headers=app.basic)
    assert app.status(token) == 401


def info(app: App, token: str | None) -> Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return app.http.call("GET", "/oauth2/token/info", headers=headers)


def test_a_token_says_what_it_stands_for(app: App, clock: Clock) -> None:
    token = app.tokens(scope="read sync")["access_token"]
    clock.advance(seconds=600)
    assert info(app, token).body == {
        "access_token": token,
        "scope": "read sync",
        "expires_in": 3_000,
        "user_id": app.user_id,
    }


def test_a_personal_token_has_all_scopes_and_no_end(app: App) -> None:
    assert info(app, app.token).body == {
        "access_token": app.token,
        "scope": "read write profile sync",
        "expires_in": None,
        "user_id": app.user_id,
    }


@pytest.mark.parametrize("token", [None, "", "unknown"])
def test_no_token_says_nothing(app: App, token: str | None) -> None:
    answer = info(app, token)
    assert (answer.status, answer.body["error"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_an_expired_token_says_nothing(app: App, clock: Clock) -> None:
    token = app.tokens()["access_token"]
    clock.advance(seconds=3_600)
    assert info(app, token).status == 401


# ----------------------------------------------------------------------------------------------------------- paths


@pytest.mark.parametrize("path", ["/oauth2", "/oauth2/", "/oauth2/tokens", "/oauth2/token/info/1"])
def test_other_paths_are_not_there(app: App, path: str) -> None:
    answer = app.http.call("POST", path)
    assert (answer.status, answer.body["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/oauth2/token", "POST"), ("GET", "/oauth2/revoke", "POST"), ("POST", "/oauth2/token/info", "GET")],
)
def test_other_methods_are_refused(app: App, method: str, path: str, allowed: str) -> None:
    answer = app.http.call(method, path, headers={"Authorization": "Bearer x"})
    assert (answer.status, answer.headers["allow"], answer.body["error"]) == (405, allowed, "invalid_request")


def test_a_slash_at_the_end_is_passed_over(app: App) -> None:
    code = app.allowed()["code"]
    form = {"grant_type": "authorization_code", "code": code}
    assert app.http.call("POST", "/oauth2/token/", form=form, headers=app.basic).status == 200
