import pytest

from dealflow.core.errors import Invalid
from dealflow.core.oauth import Terms, challenge_of, chosen, code_hash, read_challenge, read_redirect_uri
from dealflow.core.time import Instant

# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_asking_for_no_scope_means_all() -> None:
    assert chosen((), ("read", "write")) == ("read", "write")


def test_scopes_come_in_the_order_in_which_they_are_known() -> None:
    assert chosen(("write", "read", "write"), ("read", "write", "sync")) == ("read", "write")


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(Invalid, match="'admin'"):
        chosen(("read", "admin"), ("read", "write"))


def test_a_verifier_gives_its_challenge() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE


@pytest.mark.parametrize("verifier", ["", "a" * 42, "a" * 129, "a" * 42 + "+", "ä" * 43])
def test_a_verifier_has_its_form(verifier: str) -> None:
    with pytest.raises(Invalid):
        challenge_of(verifier)


def test_a_challenge_is_read() -> None:
    assert read_challenge(CHALLENGE, "S256") == CHALLENGE


@pytest.mark.parametrize(
    ("challenge", "method"), [(CHALLENGE, None), (CHALLENGE, "plain"), ("short", "S256"), (None, "S256")]
)
def test_a_challenge_is_one_of_s256(challenge: str | None, method: str | None) -> None:
    with pytest.raises(Invalid):
        read_challenge(challenge, method)


def test_a_code_is_found_with_its_challenge_only() -> None:
    assert len({code_hash("code", None), code_hash("code", CHALLENGE), code_hash("code", "x" * 43)}) == 3


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back",
        "https://app.example:8443/back?a=b&c=%20",
        "http://localhost:3000/",
        "http://[::1]:3000/back",
        "com.example.app:/back",
        "com.example.app://back",
    ],
)
def test_an_address_to_return_to_is_kept_to_the_letter(uri: str) -> None:
    assert read_redirect_uri(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/back",
        "//app.example/back",
        "app.example/back",
        "https:///back",
        "https://app.example/#here",
        "https://app.example/a b",
        "https://app.example/\r\nSet-Cookie: a=b",
        "https://app.example/ä",
        'https://app.example/"',
        "https://app.example;script-src/",
        "https://user@app.example/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "https://app.example/" + "a" * 2_000,
    ],
)
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(Invalid):
        read_redirect_uri(uri)


def test_a_refresh_token_may_last_for_ever() -> None:
    assert Terms(300, 3_600, None, rotates=True).refresh_until(Instant(0)) is None


def test_times_are_counted_from_now() -> None:
    terms = Terms(300, 3_600, 5_184_000, rotates=False)
    now = Instant(1_000_000)
    assert (terms.code_until(now), terms.access_until(now), terms.refresh_until(now)) == (
        301_000_000,
        3_601_000_000,
        5_184_001_000_000,
    )
