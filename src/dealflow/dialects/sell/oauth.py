"""OAuth 2 of Sell (contract 1.2), in the words of RFC 6749: another envelope than the rest of the dialect."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from dealflow.actions import oauth
from dealflow.actions.oauth import Tokens
from dealflow.actions.passwords import TooManyTries, owners
from dealflow.core.errors import DealflowError, Invalid, NotFound, StoreFull, Unavailable
from dealflow.core.oauth import Refusal, Terms, chosen, read_challenge
from dealflow.core.time import SECOND
from dealflow.dialects.consent import Asked, Consent, back, consent_page, error_page, is_ours, read_asked
from dealflow.dialects.sell.dialect import bearer_token
from dealflow.storage import oauth as clients
from dealflow.storage import users
from dealflow.storage.oauth import Client
from dealflow.storage.passwords import Login
from dealflow.storage.tx import Tx
from dealflow.wire import (
    BadRequest,
    NoRoute,
    OutOfBounds,
    OverLimit,
    Reply,
    Request,
    Route,
    Routes,
    ScopeMissing,
    TooLarge,
    Unauthorized,
    UnsupportedBody,
    WrongMethod,
)

TERMS: Final = Terms(code_s=300, access_s=3_600, refresh_s=None, rotates=True)
SCOPES: Final[Mapping[str, str]] = {
    "read": "read everything but the account and its users",
    "write": "change everything but the account and its users",
    "profile": "read the account and its users",
    "sync": "read everything through the Sync API",
}
PAGE: Final = "/oauth2/authorize"
# What the form of the page hands on, so that the request stands again when it is sent.
HANDED_ON: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
NO_CACHE: Final = ((b"Pragma", b"no-cache"),)


class InvalidClient(DealflowError):
    """The client is unknown or does not show its secret."""


class OAuth:
    """Forms and queries come in, JSON goes out, but for the page on which a user decides."""

    name = "sell-oauth2"
    prefixes: tuple[str, ...] = ("/oauth2",)
    surface = "sell"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    routes_first = True
    strict = True  # so that unknown parameters come to `read_query`, which lets them pass (RFC 6749, 3.1)
    cross_origin = False
    selects = False
    token = staticmethod(bearer_token)

    def check(self, request: Request) -> None:
        pass

    def read_path(self, kind: type, text: str) -> Any:
        raise NotFound("resource", text)

    def read_query(self, route: Route, pairs: list[tuple[str, str]]) -> Any:
        return None

    def read_body(self, route: Route, request: Request) -> Asked:
        return read_asked(request)

    def error(self, error: Exception, request: Request) -> Reply:
        """RFC 6749, 5.2; on the page, a page."""
        status, code, text, headers = _told(error, request)
        if request.path.rstrip("/") == PAGE:
            reply = error_page(status, text)
            reply.headers += headers
            return reply
        return Reply(status, {"error": code, "error_description": text}, headers + NO_CACHE)

    def shaped(self, reply: Reply, request: Request) -> Reply:
        return reply


OAUTH: Final = Routes(OAuth())

_Told = tuple[int, str, str, tuple[tuple[bytes, bytes], ...]]


def _told(error: Exception, request: Request) -> _Told:  # noqa: C901, PLR0912  one row a kind
    match error:
        case InvalidClient():
            basic = ((b"WWW-Authenticate", b'Basic realm="dealflow", charset="UTF-8"'),)
            return 401, "invalid_client", "The client is unknown or its secret is wrong.", basic
        case Unauthorized():
            bearer = ((b"WWW-Authenticate", b'Bearer realm="dealflow", error="invalid_token"'),)
            return 401, "invalid_token", "The access token is missing, malformed, expired or invalid.", bearer
        case ScopeMissing():
            return 403, "insufficient_scope", "The access token was not granted the scope.", ()
        case NoRoute() | NotFound():
            return 404, "not_found", f"There is nothing at {request.path}.", ()
        case WrongMethod():
            allowed = ", ".join(error.allowed)
            return 405, "invalid_request", f"The path takes {allowed}.", ((b"Allow", allowed.encode()),)
        case TooManyTries() | OverLimit():
            wait = str(error.retry_after_s)
            return 429, "temporarily_unavailable", f"Too many tries; wait {wait} s.", ((b"Retry-After", wait.encode()),)
        case UnsupportedBody():
            return 400, "invalid_request", f"The request cannot be read: {error}.", ()
        case TooLarge():
            return 413, "invalid_request", "The request is too large.", ()
        case OutOfBounds():
            return error.status, "invalid_request", f"The request cannot be read: {error}.", ()
        case BadRequest() | Invalid():
            return 400, "invalid_request", f"The request cannot be read: {error}.", ()
        case StoreFull():
            return 507, "temporarily_unavailable", "There is no space left.", ()
        case Unavailable():
            retry = ((b"Retry-After", str(error.retry_after_s).encode()),)
            return 503, "temporarily_unavailable", "The service is temporarily unavailable.", retry
        case _:
            return 500, "server_error", "Something went wrong on our side.", ()


# --------------------------------------------------------------------------------------------------- authorization


class Wanted(NamedTuple):
    """A request for authorization that stands. `parameters` are those it was made of."""

    client: Client
    response_type: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None
    parameters: Mapping[str, str]

    def back(self, **said: object) -> Reply:
        """Send the user back to the client with this, and its state."""
        return back(self.redirect_uri, {**said, "state": self.state}, fragment=self.response_type == "token")

    @property
    def consent(self) -> Consent:
        words = [SCOPES[each] for each in self.scopes]
        return Consent(self.client.name, words, self.redirect_uri, self.parameters)


def _wanted(tx: Tx, asked: Asked) -> Wanted | Reply:
    """The request, or what to say to one that does not stand: a page, unless client and address are known."""
    client = clients.client(tx.db, asked.get("client_id") or "")
    if client is None or "client_id" in asked.repeated:
        return error_page(400, "The program that sent you here is not known to this server (client_id).")
    only = client.redirect_uris[0] if len(client.redirect_uris) == 1 else ""
    redirect_uri = asked.get("redirect_uri") or only
    if redirect_uri not in client.redirect_uris or "redirect_uri" in asked.repeated:
        return error_page(400, f"{client.name} may not send you to this address (redirect_uri).")
    wanted = Wanted(
        client=client,
        response_type=asked.get("response_type") or "",
        redirect_uri=redirect_uri,
        scopes=(),
        state=asked.get("state"),
        challenge=None,
        parameters={name: value for name in HANDED_ON if (value := asked.get(name)) is not None},
    )
    if asked.repeated:
        return wanted.back(error="invalid_request", error_description="A parameter was given twice.")
    if wanted.response_type not in ("code", "token"):
        error = "unsupported_response_type" if wanted.response_type else "invalid_request"
        return wanted.back(error=error, error_description="The response_type must be code or token.")
    try:
        challenge = read_challenge(asked.get("code_challenge"), asked.get("code_challenge_method"))
        scopes = chosen((asked.get("scope") or "").split(), tuple(SCOPES))
    except Invalid as error:
        code = "invalid_scope" if error.field == "scope" else "invalid_request"
        return wanted.back(error=code, error_description=f"{error.field} {error.reason}.")
    return wanted._replace(scopes=scopes, challenge=challenge)


@OAUTH.add("GET", "/authorize", section="1.2", cost=0, scopes="", public=True)
def show_consent(tx: Tx, body: Asked) -> Reply:
    wanted = _wanted(tx, body)
    return wanted if isinstance(wanted, Reply) else consent_page(body, wanted.consent, PAGE)


def _signed_in(tx: Tx, body: Asked) -> list[Login]:
    """Who says yes: the owner of a token, or of an address and its password. Raises TooManyTries."""
    wanted = _wanted(tx, body)
    if isinstance(wanted, Reply) or not is_ours(body, wanted.parameters) or body.get("decision") != "allow":
        return []
    token = body.get("token")
    if token is None:
        return owners(tx, body.get("email") or "", body.get("password") or "", body.address)
    identity = users.identify(tx.db, oauth.secret_hash(token.strip()))
    # A token with scopes was itself granted to a program, and must not grant more.
    if identity is None or identity.scopes is not None or identity.expires_at is not None:
        return []
    return [Login(identity.company_id, identity.user_id)]


@OAUTH.add("POST", "/authorize", section="1.2", cost=0, scopes="", public=True, before=_signed_in)
def give_consent(tx: Tx, body: Asked, found: list[Login]) -> Reply:
    wanted = _wanted(tx, body)
    if isinstance(wanted, Reply):
        return wanted
    if not is_ours(body, wanted.parameters):
        problem = "This page was too old, or your browser keeps no cookies. Please decide again."
        return consent_page(body, wanted.consent, PAGE, status=403, problem=problem)
    if body.get("decision") != "allow":
        return wanted.back(error="access_denied", error_description="The user did not allow it.")
    company = body.get("company")
    meant = [each for each in found if company is None or str(each.company_id) == company]
    if not meant:
        problem = "The e-mail address, the password or the token is wrong."
        return consent_page(body, wanted.consent, PAGE, status=403, problem=problem)
    if len(meant) > 1:
        problem = "You belong to several companies. Choose one and enter your password again."
        return consent_page(body, wanted.consent, PAGE, problem=problem, companies=_names(tx, meant))
    home = Tx(tx.db, meant[0].company_id, meant[0].user_id, tx.now, tx.surface)
    return _granted(home, wanted)


def _granted(tx: Tx, wanted: Wanted) -> Reply:
    """Back to the client with a code or with tokens."""
    if wanted.response_type == "code":
        code = oauth.authorise(tx, wanted.client, wanted.scopes, wanted.redirect_uri, TERMS, wanted.challenge)
        given: Any = code if isinstance(code, Refusal) else {"code": code}
    else:
        tokens = oauth.issue(tx, wanted.client, wanted.scopes, TERMS)
        given = tokens if isinstance(tokens, Refusal) else msgspec.to_builtins(_tokens_out(tokens))
    if isinstance(given, Refusal):
        return wanted.back(error="access_denied", error_description=given.description)
    return wanted.back(**given)


def _names(tx: Tx, logins: list[Login]) -> dict[int, str]:
    return {each.company_id: users.company(Tx(tx.db, each.company_id, each.user_id, tx.now)).name for each in logins}


# ---------------------------------------------------------------------------------------------------------- tokens


class TokensOut(msgspec.Struct):
    """The answer to a grant."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    scope: str


class TokenInfoOut(msgspec.Struct):
    """What a token stands for; `expires_in` is null for one that never ends."""

    access_token: str
    scope: str
    expires_in: int | None
    user_id: int


def _tokens_out(tokens: Tokens) -> TokensOut:
    return TokensOut(tokens.access, "bearer", tokens.expires_in_s, tokens.refresh, tokens.scopes)


def _client(tx: Tx, asked: Asked) -> Client:
    """The client, by HTTP Basic or by parameters. Raises InvalidClient."""
    named = asked.get("client_id")
    client_id, secret = asked.client or (named or "", asked.get("client_secret") or "")
    found = oauth.known_client(tx.db, client_id, secret)
    if found is None or (named is not None and named != client_id):
        raise InvalidClient
    return found


def _refused(refusal: Refusal) -> Reply:
    content = {"error": refusal.error, "error_description": refusal.description}
    return Reply(400, content, NO_CACHE)


def _answer(issued: Tokens | Refusal) -> Reply:
    return _refused(issued) if isinstance(issued, Refusal) else Reply(200, _tokens_out(issued), NO_CACHE)


def _password_owners(tx: Tx, body: Asked) -> list[Login]:
    """Whose address and password they are, if the request brings some. Raises TooManyTries, InvalidClient."""
    username, password = body.get("username"), body.get("password")
    if body.get("grant_type") != "password" or username is None or password is None:
        return []
    _client(tx, body)
    return owners(tx, username, password, body.address)


@OAUTH.add("POST", "/token", section="1.2", cost=0, scopes="", public=True, before=_password_owners)
def give_tokens(tx: Tx, body: Asked, found: list[Login]) -> Reply:
    client = _client(tx, body)
    if body.repeated:
        return _refused(Refusal("invalid_request", f"{min(body.repeated)[:80]} was given twice."))
    match body.get("grant_type"):
        case "authorization_code":
            return _answer(_for_code(tx, client, body))
        case "refresh_token":
            return _answer(_for_refresh_token(tx, client, body))
        case "password":
            return _answer(_for_password(tx, client, body, found))
        case None:
            return _refused(Refusal("invalid_request", "grant_type is required."))
        case _:
            known = "authorization_code, refresh_token or password"
            return _refused(Refusal("unsupported_grant_type", f"The grant_type must be {known}."))


def _for_code(tx: Tx, client: Client, asked: Asked) -> Tokens | Refusal:
    code = asked.get("code")
    if code is None:
        return Refusal("invalid_request", "code is required.")
    uri, verifier = asked.get("redirect_uri"), asked.get("code_verifier")
    return oauth.redeem(tx, client, code, TERMS, redirect_uri=uri, verifier=verifier)


def _for_refresh_token(tx: Tx, client: Client, asked: Asked) -> Tokens | Refusal:
    token = asked.get("refresh_token")
    if token is None:
        return Refusal("invalid_request", "refresh_token is required.")
    return oauth.refresh(tx, client, token, TERMS, (asked.get("scope") or "").split())


def _for_password(tx: Tx, client: Client, asked: Asked, found: list[Login]) -> Tokens | Refusal:
    if asked.get("username") is None or asked.get("password") is None:
        return Refusal("invalid_request", "username and password are required.")
    if not found:
        return Refusal("invalid_grant", "The user name or the password is wrong.")
    if len(found) > 1:
        return Refusal("invalid_grant", "The login belongs to several companies; authorize in the browser instead.")
    try:
        scopes = chosen((asked.get("scope") or "").split(), tuple(SCOPES))
    except Invalid as error:
        return Refusal("invalid_scope", f"{error.field} {error.reason}.")
    home = Tx(tx.db, found[0].company_id, found[0].user_id, tx.now, tx.surface)
    return oauth.issue(home, client, scopes, TERMS)


@OAUTH.add("POST", "/revoke", section="1.2", cost=0, scopes="", public=True)
def end_token(tx: Tx, body: Asked) -> Reply:
    """An unknown token is as good as revoked (RFC 7009, 2.2)."""
    client = _client(tx, body)
    token = body.get("token")
    if token is None or body.repeated:
        return _refused(Refusal("invalid_request", "token is required, once."))
    refusal = oauth.revoke(tx, client, token)
    return _refused(refusal) if refusal is not None else Reply(200, b"", NO_CACHE)


@OAUTH.add("GET", "/token/info", section="1.2", cost=0, scopes="")
def show_token(tx: Tx, body: Asked) -> Reply:
    identity = users.identify(tx.db, oauth.secret_hash(body.bearer))
    if identity is None:
        raise Unauthorized
    left = None if identity.expires_at is None else (identity.expires_at - tx.now) // SECOND
    scope = identity.scopes if identity.scopes is not None else " ".join(SCOPES)
    return Reply(200, TokenInfoOut(body.bearer, scope, left, tx.user_id), NO_CACHE)
