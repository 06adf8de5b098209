"""What users grant to other programs (RFC 6749, 7009, 7636, 9700), and their passwords (reliability.md 4.4)."""

import hashlib
import statistics
import subprocess
import sys
import time as clocks
from typing import Final, NamedTuple

import pytest

from dealflow.actions import companies, oauth, passwords
from dealflow.actions.oauth import Tokens
from dealflow.actions.operator import Registered, add_client, delete_client, delete_company
from dealflow.actions.passwords import TooManyTries, Tries
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.oauth import REMEMBERED, Refusal, Terms, challenge_of
from dealflow.core.time import SECOND, Instant
from dealflow.storage import oauth as grants
from dealflow.storage import operator, users
from dealflow.storage.tx import Tx
from tests.support.databases import Home, Tenant
from tests.support.server import Json

TERMS: Final = Terms(code_s=300, access_s=3_600, refresh_s=None, rotates=True)
STEADY: Final = Terms(code_s=300, access_s=3_600, refresh_s=60 * 86_400, rotates=False)
URI: Final = "https://app.example/back"
SCOPES: Final = ("read", "write")
VERIFIER: Final = "v" * 43
PASSWORD: Final = "correct horse battery"


@pytest.fixture
def app(tx: Tx) -> Registered:
    return add_client(tx.db, tx.now, "App", [URI])


@pytest.fixture
def other_app(tx: Tx) -> Registered:
    return add_client(tx.db, tx.now, "Other", [URI])


@pytest.fixture
def nobody(tx: Tx) -> Tx:
    """Whoever asks for tokens: of no company, until the secret tells."""
    return Tx(tx.db, 0, 0, tx.now, "sell")


def at(tx: Tx, seconds: float) -> Tx:
    """The same some seconds later."""
    return Tx(tx.db, tx.company_id, tx.user_id, Instant(tx.now + int(seconds * SECOND)), tx.surface)


def a_code(tx: Tx, app: Registered, challenge: str | None = None) -> str:
    code = oauth.authorise(tx, app.client, SCOPES, URI, TERMS, challenge)
    assert isinstance(code, str)
    return code


def issued(tokens: Tokens | Refusal) -> Tokens:
    assert isinstance(tokens, Tokens), tokens
    return tokens


def error_of(tokens: Tokens | Refusal | None) -> str:
    assert isinstance(tokens, Refusal), tokens
    return tokens.error


def sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def opens(tx: Tx, secret: str) -> bool:
    """Whether an access token opens the door now."""
    found = users.identify(tx.db, sha256(secret))
    return found is not None and (found.expires_at is None or found.expires_at > tx.now)


class Rows(NamedTuple):
    """What is kept of one user's grants."""

    grants: int
    tokens: int
    keys: int


def rows(tx: Tx) -> Rows:
    kept = operator.rows_of(tx.db, tx.company_id)
    personal = 2
    return Rows(kept["oauth_grant"], kept["token"] - personal, kept["token_key"] - personal)


# ----------------------------------------------------------------------------------------------------------- codes


def test_a_code_gives_tokens_that_stand_for_its_user(tx: Tx, app: Registered, nobody: Tx) -> None:
    tokens = issued(oauth.redeem(nobody, app.client, a_code(tx, app), TERMS, redirect_uri=URI))
    identity = users.identify(tx.db, sha256(tokens.access))
    assert identity == (tx.company_id, tx.user_id, "read write", tx.now + 3_600 * SECOND)


def test_secrets_are_64_hexadecimal_digits(tx: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app)
    tokens = issued(oauth.redeem(nobody, app.client, code, TERMS))
    assert [len(bytes.fromhex(each)) for each in (code, tokens.access, tokens.refresh, app.secret)] == [32] * 4


def test_a_code_works_once_and_ends_what_grew_out_of_it(tx: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app)
    tokens = issued(oauth.redeem(nobody, app.client, code, TERMS))
    assert error_of(oauth.redeem(nobody, app.client, code, TERMS)) == "invalid_grant"
    assert not opens(tx, tokens.access)
    assert error_of(oauth.refresh(nobody, app.client, tokens.refresh, TERMS)) == "invalid_grant"


def test_a_code_shown_again_long_after_still_ends_its_tokens(tx: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app)
    tokens = issued(oauth.redeem(nobody, app.client, code, TERMS))
    oauth.redeem(at(nobody, 86_400), app.client, code, TERMS)
    assert error_of(oauth.refresh(at(nobody, 86_400), app.client, tokens.refresh, TERMS)) == "invalid_grant"


def test_the_end_of_one_family_is_not_the_end_of_another(tx: Tx, app: Registered, nobody: Tx) -> None:
    first, second = a_code(tx, app), a_code(tx, app)
    oauth.redeem(nobody, app.client, first, TERMS)
    tokens = issued(oauth.redeem(nobody, app.client, second, TERMS))
    oauth.redeem(nobody, app.client, first, TERMS)
    assert opens(tx, tokens.access)
    assert issued(oauth.refresh(nobody, app.client, tokens.refresh, TERMS))


@pytest.mark.parametrize(("age_s", "works"), [(0, True), (299, True), (300, False), (301, False)])
def test_a_code_lives_five_minutes(tx: Tx, app: Registered, nobody: Tx, age_s: int, works: bool) -> None:
    answer = oauth.redeem(at(nobody, age_s), app.client, a_code(tx, app), TERMS)
    assert isinstance(answer, Tokens) == works


def test_a_code_belongs_to_its_client(tx: Tx, app: Registered, other_app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app)
    assert error_of(oauth.redeem(nobody, other_app.client, code, TERMS)) == "invalid_grant"
    assert issued(oauth.redeem(nobody, app.client, code, TERMS))


def test_a_code_belongs_to_its_redirect_uri(tx: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app)
    answer = oauth.redeem(nobody, app.client, code, TERMS, redirect_uri=f"{URI}/")
    assert error_of(answer) == "invalid_grant"


def test_a_client_may_leave_out_the_redirect_uri(tx: Tx, app: Registered, nobody: Tx) -> None:
    assert issued(oauth.redeem(nobody, app.client, a_code(tx, app), TERMS))


def test_a_code_with_a_challenge_wants_its_verifier(tx: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app, challenge_of(VERIFIER))
    assert error_of(oauth.redeem(nobody, app.client, code, TERMS)) == "invalid_grant"
    assert error_of(oauth.redeem(nobody, app.client, code, TERMS, verifier="w" * 43)) == "invalid_grant"
    assert error_of(oauth.redeem(nobody, app.client, code, TERMS, verifier="short")) == "invalid_request"
    assert issued(oauth.redeem(nobody, app.client, code, TERMS, verifier=VERIFIER))


def test_a_code_without_a_challenge_takes_no_verifier(tx: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app)
    assert error_of(oauth.redeem(nobody, app.client, code, TERMS, verifier=VERIFIER)) == "invalid_grant"


def test_a_refresh_token_is_no_code_and_a_code_no_refresh_token(tx: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(tx, app)
    assert error_of(oauth.refresh(nobody, app.client, code, TERMS)) == "invalid_grant"
    tokens = issued(oauth.redeem(nobody, app.client, code, TERMS))
    assert error_of(oauth.redeem(nobody, app.client, tokens.refresh, TERMS)) == "invalid_grant"
    assert error_of(oauth.refresh(nobody, app.client, tokens.access, TERMS)) == "invalid_grant"


# -------------------------------------------------------------------------------------------------- refresh tokens


@pytest.fixture
def tokens(tx: Tx, app: Registered) -> Tokens:
    return issued(oauth.issue(tx, app.client, SCOPES, TERMS))


def test_a_refresh_gives_a_new_pair(tx: Tx, app: Registered, nobody: Tx, tokens: Tokens) -> None:
    fresh = issued(oauth.refresh(nobody, app.client, tokens.refresh, TERMS))
    assert len({tokens.access, tokens.refresh, fresh.access, fresh.refresh}) == 4
    assert opens(tx, fresh.access)


def test_a_refresh_token_has_no_end(app: Registered, nobody: Tx, tokens: Tokens) -> None:
    assert issued(oauth.refresh(at(nobody, 3_650 * 86_400), app.client, tokens.refresh, TERMS))


def test_a_used_refresh_token_ends_the_family(tx: Tx, app: Registered, nobody: Tx, tokens: Tokens) -> None:
    fresh = issued(oauth.refresh(nobody, app.client, tokens.refresh, TERMS))
    assert error_of(oauth.refresh(nobody, app.client, tokens.refresh, TERMS)) == "invalid_grant"
    assert [opens(tx, each.access) for each in (tokens, fresh)] == [False, False]
    assert error_of(oauth.refresh(nobody, app.client, fresh.refresh, TERMS)) == "invalid_grant"
    assert rows(tx) == (0, 0, 0)


def test_a_refresh_token_belongs_to_its_client(
    other_app: Registered, app: Registered, nobody: Tx, tokens: Tokens
) -> None:
    assert error_of(oauth.refresh(nobody, other_app.client, tokens.refresh, TERMS)) == "invalid_grant"
    assert issued(oauth.refresh(nobody, app.client, tokens.refresh, TERMS))


def test_a_refresh_may_ask_for_less(app: Registered, nobody: Tx, tokens: Tokens) -> None:
    less = issued(oauth.refresh(nobody, app.client, tokens.refresh, TERMS, ("read",)))
    whole = issued(oauth.refresh(nobody, app.client, less.refresh, TERMS))
    assert (less.scopes, whole.scopes) == ("read", "read write")


@pytest.mark.parametrize("scopes", [("read", "sync"), ("profile",), ("admin",)])
def test_a_refresh_never_gets_more(app: Registered, nobody: Tx, tokens: Tokens, scopes: tuple[str, ...]) -> None:
    assert error_of(oauth.refresh(nobody, app.client, tokens.refresh, TERMS, scopes)) == "invalid_scope"
    assert issued(oauth.refresh(nobody, app.client, tokens.refresh, TERMS)).scopes == "read write"


def test_steady_refresh_tokens_stay_and_slide(tx: Tx, app: Registered, nobody: Tx) -> None:
    first = issued(oauth.issue(tx, app.client, SCOPES, STEADY))
    again = issued(oauth.refresh(at(nobody, 59 * 86_400), app.client, first.refresh, STEADY))
    late = oauth.refresh(at(nobody, 118 * 86_400), app.client, first.refresh, STEADY)
    assert (again.refresh, issued(late).refresh) == (first.refresh, first.refresh)
    assert error_of(oauth.refresh(at(nobody, 178 * 86_400), app.client, first.refresh, STEADY)) == "invalid_grant"


# ------------------------------------------------------------------------------------------------------ revocation


def test_revoking_an_access_token_leaves_the_refresh_token(tx: Tx, app: Registered, nobody: Tx, tokens: Tokens) -> None:
    assert oauth.revoke(nobody, app.client, tokens.access) is None
    assert not opens(tx, tokens.access)
    assert issued(oauth.refresh(nobody, app.client, tokens.refresh, TERMS))


def test_revoking_a_refresh_token_ends_the_family(tx: Tx, app: Registered, nobody: Tx, tokens: Tokens) -> None:
    assert oauth.revoke(nobody, app.client, tokens.refresh) is None
    assert (opens(tx, tokens.access), rows(tx)) == (False, (0, 0, 0))


def test_an_unknown_token_is_as_good_as_revoked(app: Registered, nobody: Tx) -> None:
    assert oauth.revoke(nobody, app.client, "unknown") is None


def test_a_client_revokes_only_its_own(tx: Tx, other_app: Registered, nobody: Tx, tokens: Tokens) -> None:
    assert error_of(oauth.revoke(nobody, other_app.client, tokens.refresh)) == "unauthorized_client"
    assert opens(tx, tokens.access)


def test_a_personal_token_is_not_for_a_client_to_revoke(tx: Tx, app: Registered, nobody: Tx) -> None:
    secret = companies.new_token(tx, tx.user_id, "sell")
    assert oauth.revoke(nobody, app.client, secret) is None
    assert opens(tx, secret)


def test_the_operator_ends_a_token_with_its_family(tx: Tx, app: Registered, nobody: Tx, tokens: Tokens) -> None:
    (token,) = (each for each in users.tokens(tx) if each.kind == "oauth")
    companies.revoke_token(tx, token.id)
    assert not opens(tx, tokens.access)
    assert error_of(oauth.refresh(nobody, app.client, tokens.refresh, TERMS)) == "invalid_grant"


# ------------------------------------------------------------------------------------------ users, companies, time


@pytest.fixture
def seller(tx: Tx) -> Tx:
    made = companies.new_user(tx, "Sam", "sam@example.com")
    return Tx(tx.db, tx.company_id, made.user.id, tx.now)


def test_who_is_kept_out_lets_nobody_in(tx: Tx, seller: Tx, app: Registered, nobody: Tx) -> None:
    code = a_code(seller, app)
    tokens = issued(oauth.issue(seller, app.client, SCOPES, TERMS))
    companies.set_active(tx, seller.user_id, active=False)
    assert not opens(tx, tokens.access)
    assert error_of(oauth.refresh(nobody, app.client, tokens.refresh, TERMS)) == "invalid_grant"
    assert error_of(oauth.redeem(nobody, app.client, code, TERMS)) == "invalid_grant"
    assert isinstance(oauth.authorise(seller, app.client, SCOPES, URI, TERMS), Refusal)
    assert error_of(oauth.issue(seller, app.client, SCOPES, TERMS)) == "invalid_grant"


def test_programs_have_to_be_let_in_again_by_who_comes_back(tx: Tx, seller: Tx, app: Registered, nobody: Tx) -> None:
    tokens = issued(oauth.issue(seller, app.client, SCOPES, TERMS))
    companies.set_active(tx, seller.user_id, active=False)
    companies.set_active(tx, seller.user_id, active=True)
    assert not opens(tx, tokens.access)
    assert error_of(oauth.refresh(nobody, app.client, tokens.refresh, TERMS)) == "invalid_grant"


def test_a_deleted_company_leaves_no_grant(tx: Tx, app: Registered, nobody: Tx, tokens: Tokens) -> None:
    passwords.set_password(tx, tx.user_id, passwords.NOBODYS)
    a_code(tx, app)
    delete_company(tx)
    assert sum(operator.rows_of(tx.db, tx.company_id).values()) == 0
    assert error_of(oauth.refresh(nobody, app.client, tokens.refresh, TERMS)) == "invalid_grant"


def test_a_deleted_client_leaves_no_grant_in_any_company(
    tx: Tx, neighbour: Tx, app: Registered, other_app: Registered
) -> None:
    mine, theirs = (issued(oauth.issue(each, app.client, SCOPES, TERMS)) for each in (tx, neighbour))
    kept = issued(oauth.issue(tx, other_app.client, SCOPES, TERMS))
    assert delete_client(tx.db, tx.now, app.client.client) == app.client
    assert [opens(tx, each.access) for each in (mine, theirs, kept)] == [False, False, True]
    assert (rows(neighbour), grants.client(tx.db, app.client.client)) == ((0, 0, 0), None)


def test_what_is_past_its_time_is_removed_when_something_is_issued(tx: Tx, app: Registered, nobody: Tx) -> None:
    a_code(tx, app)
    tokens = issued(oauth.issue(tx, app.client, SCOPES, TERMS))
    assert rows(tx) == (3, 1, 1)
    fresh = issued(oauth.refresh(at(nobody, 3_600), app.client, tokens.refresh, TERMS))
    used_and_new_and_access = 3
    assert rows(tx) == (used_and_new_and_access, 1, 1)
    oauth.refresh(at(nobody, 3_600 + REMEMBERED / SECOND), app.client, fresh.refresh, TERMS)
    assert rows(tx) == (3, 1, 1)


def test_the_store_keeps_hashes_only(database: Home, company: Tenant) -> None:
    with database.transaction(company.company_id, company.admin.user.id) as tx:
        app = add_client(tx.db, tx.now, "App", [URI])
        code = a_code(tx, app)
        tokens = issued(oauth.issue(tx, app.client, SCOPES, TERMS))
        passwords.set_password(tx, tx.user_id, passwords.hashed(PASSWORD))
    kept = repr(database.dump(company.company_id)) + repr(operator.oauth_clients(database.db))
    secrets = [code, tokens.access, tokens.refresh, app.secret, PASSWORD]
    assert [each for each in secrets if each in kept] == []
    assert [sha256(each) in kept for each in secrets] == [True, True, True, True, False]


# --------------------------------------------------------------------------------------------------------- clients


def test_a_client_is_known_by_its_secret(tx: Tx, app: Registered) -> None:
    assert oauth.known_client(tx.db, app.client.client, app.secret) == app.client


@pytest.mark.parametrize("secret", ["", "wrong", "ä"])
def test_a_wrong_secret_is_nobodys(tx: Tx, app: Registered, secret: str) -> None:
    assert oauth.known_client(tx.db, app.client.client, secret) is None


@pytest.mark.parametrize("secret", ["", "x"])
def test_an_unknown_client_has_no_secret(tx: Tx, secret: str) -> None:
    assert oauth.known_client(tx.db, "unknown", secret) is None


def test_clients_are_listed_the_oldest_first(database: Home) -> None:
    with database.transaction(0) as tx:
        made = [add_client(tx.db, Instant(tx.now + i), f"App {i}", [URI]).client for i in range(2)]
    assert [each for each in operator.oauth_clients(database.db) if each in made] == made


@pytest.mark.parametrize(("name", "uris"), [("", [URI]), ("App", []), ("App", ["/back"])])
def test_a_client_has_a_name_and_an_address(tx: Tx, name: str, uris: list[str]) -> None:
    with pytest.raises(Invalid):
        add_client(tx.db, tx.now, name, uris)


def test_who_is_not_there_cannot_be_deleted(tx: Tx) -> None:
    with pytest.raises(NotFound):
        delete_client(tx.db, tx.now, "unknown")


# ------------------------------------------------------------------------------------------------------- passwords


@pytest.fixture(scope="module")
def kept() -> str:
    return passwords.hashed(PASSWORD)


@pytest.fixture
def address(tx: Tx) -> str:
    """An address of this test alone."""
    return f"address of {tx.company_id}"


@pytest.fixture
def email(tx: Tx) -> str:
    """An e-mail address of this test alone, with a password."""
    return f"ann.{tx.company_id}@example.com"


@pytest.fixture
def ann(tx: Tx, email: str, kept: str) -> Tx:
    made = companies.new_user(tx, "Ann", email)
    passwords.set_password(tx, made.user.id, kept)
    return Tx(tx.db, tx.company_id, made.user.id, tx.now)


def test_a_password_is_kept_as_the_design_says(kept: str) -> None:
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_password_leads_to_its_user(nobody: Tx, ann: Tx, email: str, address: str) -> None:
    assert passwords.owners(nobody, f" {email.upper()} ", PASSWORD, address) == [(ann.company_id, ann.user_id)]


def test_the_same_letters_written_differently_are_the_same_password(tx: Tx, nobody: Tx, email: str, ann: Tx) -> None:
    passwords.set_password(tx, ann.user_id, passwords.hashed("caf\u00e9 au lait"))
    assert passwords.owners(nobody, email, "cafe\u0301 au lait", email) == [(ann.company_id, ann.user_id)]


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " ", PASSWORD * 100])
def test_a_wrong_password_leads_nowhere(nobody: Tx, ann: Tx, email: str, address: str, password: str) -> None:
    assert passwords.owners(nobody, email, password, address) == []


def test_an_unknown_address_leads_nowhere(nobody: Tx, address: str) -> None:
    assert passwords.owners(nobody, f"{address}@example.com", PASSWORD, address) == []


def test_a_new_password_replaces_the_old_one(tx: Tx, nobody: Tx, ann: Tx, email: str, address: str) -> None:
    passwords.set_password(tx, ann.user_id, passwords.hashed("another password"))
    tried = [passwords.owners(nobody, email, each, address) for each in (PASSWORD, "another password")]
    assert tried == [[], [(ann.company_id, ann.user_id)]]


def test_a_forgotten_password_leads_nowhere(tx: Tx, nobody: Tx, ann: Tx, email: str, address: str) -> None:
    passwords.forget_password(tx, ann.user_id)
    assert passwords.owners(nobody, email, PASSWORD, address) == []
    assert (operator.rows_of(tx.db, tx.company_id)["login"], operator.rows_of(tx.db, tx.company_id)["password"]) == (
        0,
        0,
    )


def test_who_is_kept_out_cannot_sign_in(tx: Tx, nobody: Tx, ann: Tx, email: str, address: str) -> None:
    companies.set_active(tx, ann.user_id, active=False)
    assert passwords.owners(nobody, email, PASSWORD, address) == []


def test_one_address_may_belong_to_several_companies(
    neighbour: Tx, nobody: Tx, ann: Tx, email: str, address: str, kept: str
) -> None:
    theirs = companies.new_user(neighbour, "Ann", email).user.id
    passwords.set_password(neighbour, theirs, kept)
    found = passwords.owners(nobody, email, PASSWORD, address)
    assert found == [(ann.company_id, ann.user_id), (neighbour.company_id, theirs)]


@pytest.mark.parametrize("password", ["", "short", "a" * 1_001])
def test_a_password_has_its_bounds(password: str) -> None:
    with pytest.raises(Invalid, match="8 to 1000"):
        passwords.hashed(password)


def test_an_address_too_long_for_the_directory_is_refused(tx: Tx) -> None:
    made = companies.new_user(tx, "Long", f"{'a' * 320}@example.com")
    with pytest.raises(Invalid, match="too long"):
        passwords.set_password(tx, made.user.id, passwords.NOBODYS)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nobody_takes_as_long_as_somebody(nobody: Tx, ann: Tx, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine at rest the medians lie within a tenth; here others work beside."""
    monkeypatch.setattr(passwords, "tries", Tries(clock=iter(range(0, 10_000, 100)).__next__))
    known, unknown = [], []
    for _ in range(5):
        known.append(seconds(nobody, email))
        unknown.append(seconds(nobody, f"not.{email}"))
    assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2


def seconds(nobody: Tx, email: str) -> float:
    began = clocks.process_time()
    passwords.owners(nobody, email, "wrong password", "somewhere")
    return clocks.process_time() - began


# ----------------------------------------------------------------------------------------------------------- tries


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds_passed() -> Seconds:
    return Seconds()


@pytest.fixture
def tries(seconds_passed: Seconds) -> Tries:
    return Tries(clock=seconds_passed)


def take(tries: Tries, count: int, *keys: str) -> None:
    for _ in range(count):
        tries.take(keys)


def test_the_sixth_try_within_a_minute_is_refused(tries: Tries, seconds_passed: Seconds) -> None:
    take(tries, 5, "account")
    seconds_passed.now = 20
    with pytest.raises(TooManyTries) as refused:
        tries.take(["account"])
    assert refused.value.retry_after_s == 40


def test_a_minute_later_there_are_tries_again(tries: Tries, seconds_passed: Seconds) -> None:
    take(tries, 5, "account")
    seconds_passed.now = 60
    tries.take(["account"])


def test_account_and_address_count_on_their_own(tries: Tries) -> None:
    for i in range(5):
        tries.take([f"account {i}", "address"])
    with pytest.raises(TooManyTries):
        tries.take(["account 6", "address"])
    tries.take(["account 0", "elsewhere"])


def test_a_refused_try_does_not_count(tries: Tries) -> None:
    take(tries, 5, "address")
    with pytest.raises(TooManyTries):
        tries.take(["account", "address"])
    take(tries, 5, "account")


def test_what_succeeds_does_not_count(tries: Tries) -> None:
    for _ in range(9):
        tries.take(["account"])
        tries.give_back(["account"])
    take(tries, 5, "account")


def test_who_stopped_trying_is_forgotten(tries: Tries, seconds_passed: Seconds) -> None:
    for i in range(100):
        tries.take([f"account {i}"])
    seconds_passed.now = 61
    tries.take(["another"])
    assert list(tries._times) == ["another"]


def test_a_sixth_sign_in_is_refused_even_with_the_right_password(
    nobody: Tx, ann: Tx, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "tries", Tries())
    monkeypatch.setattr(passwords, "is_right", lambda kept, password: password == PASSWORD)
    for i in range(5):
        passwords.owners(nobody, email, "wrong", f"address {i}")
    with pytest.raises(TooManyTries):
        passwords.owners(nobody, email, PASSWORD, "another address")


def test_grants_are_rows_of_their_user(tx: Tx, app: Registered, tokens: Tokens) -> None:
    found: Json = grants.grant(tx.db, sha256(tokens.access))
    assert (found.kind, found.client, found.company_id, found.user_id, found.scopes) == (
        "access",
        app.client.client,
        tx.company_id,
        tx.user_id,
        "read write",
    )


def test_serving_does_not_load_what_takes_long_before_somebody_needs_it() -> None:
    """The hash of passwords, and the arrays of statistics."""
    program = "import dealflow.server.app, sys; print({'argon2', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
