"""OAuth 2: what users grant to the programs of others, and the tokens these get for it (RFC 6749, 7009, 7636, 9700).

A dialect says how long things last (`Terms`) and puts all this into its words. Whoever asks brings a `Tx` of no
company, since only the secret tells whose it is; what follows happens in a `Tx` of that company, with the user's row
held, so that nothing about a user's grants happens twice at a time.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from dealflow.core.errors import Invalid
from dealflow.core.oauth import REMEMBERED, Refusal, Terms, challenge_of, chosen, code_hash
from dealflow.core.time import Instant
from dealflow.storage import counters, oauth, users
from dealflow.storage.database import Connection
from dealflow.storage.oauth import ACCESS, CODE, OAUTH, REFRESH, Client, Grant
from dealflow.storage.tx import Tx
from dealflow.storage.users import Token

SECRET_BYTES: Final = 32

_GONE: Final = Refusal("invalid_grant", "It is unknown, expired, revoked or was used before.")
_USER_GONE: Final = Refusal("invalid_grant", "The user is not active.")


class Tokens(NamedTuple):
    """What a client gets. `scopes` are separated by spaces, `expires_in_s` is of the access token."""

    access: str
    refresh: str
    scopes: str
    expires_in_s: int
    company_id: int
    user_id: int


def secret_hash(secret: str) -> str:
    """What the store keeps of a secret, whatever it holds."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def known_client(db: Connection, client_id: str, secret: str) -> Client | None:
    """The client that shows its secret."""
    found = oauth.client(db, client_id)
    kept = found.secret_hash if found is not None else secret_hash("")
    is_right = hmac.compare_digest(kept, secret_hash(secret))
    return found if is_right else None


# ---------------------------------------------------------------------------------------------------------- grants


def authorise(
    tx: Tx, client: Client, scopes: Sequence[str], redirect_uri: str, terms: Terms, challenge: str | None = None
) -> str | Refusal:
    """The acting user lets a client in; the code with which it gets its tokens, once."""
    if not _is_active(tx):
        return _USER_GONE
    oauth.expire(tx, tx.user_id)
    code = secrets.token_hex(SECRET_BYTES)
    oauth.add_grant(
        tx,
        _grant(
            tx,
            code_hash(code, challenge),
            CODE,
            secrets.token_hex(SECRET_BYTES),
            client.client,
            " ".join(scopes),
            terms.code_until(tx.now),
            redirect_uri=redirect_uri,
        ),
    )
    return code


def issue(tx: Tx, client: Client, scopes: Sequence[str], terms: Terms) -> Tokens | Refusal:
    """The acting user lets a client in, which gets its tokens at once."""
    if not _is_active(tx):
        return _USER_GONE
    return _first_tokens(tx, client, " ".join(scopes), secrets.token_hex(SECRET_BYTES), terms)


def redeem(
    tx: Tx, client: Client, code: str, terms: Terms, *, redirect_uri: str | None = None, verifier: str | None = None
) -> Tokens | Refusal:
    """The tokens for a code. The redirect URI, if it is given, must be the one of the request for the code.

    Showing a code again ends all that grew out of it.
    """
    try:
        key = code_hash(code, None if verifier is None else challenge_of(verifier))
    except Invalid as error:
        return Refusal("invalid_request", f"{error.field} {error.reason}.")
    held = _held(tx, key, CODE, client)
    if isinstance(held, Refusal):
        return held
    home, grant = held
    if grant.used_at is not None:
        oauth.end_family(home, grant)
        return _GONE
    if grant.expires_at is not None and grant.expires_at <= tx.now:
        return _GONE
    if redirect_uri is not None and redirect_uri != grant.redirect_uri:
        return Refusal("invalid_grant", "The redirect URI is not the one of the authorization.")
    oauth.use(home, key, until=Instant(tx.now + REMEMBERED))
    return _first_tokens(home, client, grant.scopes, grant.family, terms)


def refresh(tx: Tx, client: Client, refresh_token: str, terms: Terms, scopes: Sequence[str] = ()) -> Tokens | Refusal:
    """New tokens for a refresh token; `scopes` may ask for fewer, none means the same.

    Where refresh tokens rotate, showing one again ends all that grew out of the consent.
    """
    key = secret_hash(refresh_token)
    held = _held(tx, key, REFRESH, client)
    if isinstance(held, Refusal):
        return held
    home, grant = held
    if grant.used_at is not None:
        oauth.end_family(home, grant)
        return _GONE
    if grant.expires_at is not None and grant.expires_at <= tx.now:
        return _GONE
    try:
        granted = " ".join(chosen(scopes, grant.scopes.split()))
    except Invalid:
        return Refusal("invalid_scope", "The scope goes beyond what was granted.")
    oauth.expire(home, home.user_id)
    if terms.rotates:
        oauth.use(home, key, until=Instant(tx.now + REMEMBERED))
        refresh_token = _refresh_token(home, client, grant.scopes, grant.family, terms)
    else:
        oauth.prolong(home, key, until=terms.refresh_until(tx.now))
    return _tokens(home, client, granted, grant.family, refresh_token, terms)


def revoke(tx: Tx, client: Client, secret: str) -> Refusal | None:
    """End an access token, or with a refresh token all that grew out of the consent. Of an unknown one, nothing."""
    key = secret_hash(secret)
    grant = oauth.grant(tx.db, key)
    if grant is None or grant.kind == CODE:
        return None
    if grant.client != client.client:
        return Refusal("unauthorized_client", "The token was issued to another client.")
    home = _home(tx, grant)
    users.users.get(home, grant.user_id, lock=True)
    if grant.kind == REFRESH:
        oauth.end_family(home, grant)
    else:
        oauth.end_grant(home, grant)
    return None


def _held(tx: Tx, key: str, kind: str, client: Client) -> tuple[Tx, Grant] | Refusal:
    """A grant of an active user with the user's row held, read again behind whoever held it before."""
    found = oauth.grant(tx.db, key)
    if found is None or found.kind != kind or found.client != client.client:
        return _GONE
    home = _home(tx, found)
    if not _is_active(home):
        return _USER_GONE
    found = oauth.grant(tx.db, key)
    return _GONE if found is None else (home, found)


def _home(tx: Tx, grant: Grant) -> Tx:
    return Tx(tx.db, grant.company_id, grant.user_id, tx.now, tx.surface)


def _is_active(tx: Tx) -> bool:
    return users.users.get(tx, tx.user_id, lock=True).is_active


def _first_tokens(tx: Tx, client: Client, scopes: str, family: str, terms: Terms) -> Tokens:
    oauth.expire(tx, tx.user_id)
    refresh_token = _refresh_token(tx, client, scopes, family, terms)
    return _tokens(tx, client, scopes, family, refresh_token, terms)


def _refresh_token(tx: Tx, client: Client, scopes: str, family: str, terms: Terms) -> str:
    secret = secrets.token_hex(SECRET_BYTES)
    until = terms.refresh_until(tx.now)
    oauth.add_grant(tx, _grant(tx, secret_hash(secret), REFRESH, family, client.client, scopes, until))
    return secret


def _tokens(tx: Tx, client: Client, scopes: str, family: str, refresh_token: str, terms: Terms) -> Tokens:
    """A new access token beside a refresh token."""
    secret = secrets.token_hex(SECRET_BYTES)
    until = terms.access_until(tx.now)
    token = Token(
        id=counters.next_id(tx, "token"),
        user_id=tx.user_id,
        kind=OAUTH,
        hash=secret_hash(secret),
        last4=secret[-4:],
        scopes=scopes,
        created_at=tx.now,
        revoked_at=None,
        expires_at=until,
        client=client.client,
    )
    users.add_token(tx, token)
    oauth.add_grant(tx, _grant(tx, token.hash, ACCESS, family, client.client, scopes, until))
    return Tokens(secret, refresh_token, scopes, terms.access_s, tx.company_id, tx.user_id)


def _grant(
    tx: Tx,
    key: str,
    kind: str,
    family: str,
    client: str,
    scopes: str,
    until: Instant | None,
    *,
    redirect_uri: str | None = None,
) -> Grant:
    return Grant(
        hash=key,
        kind=kind,
        family=family,
        client=client,
        company_id=tx.company_id,
        user_id=tx.user_id,
        scopes=scopes,
        redirect_uri=redirect_uri,
        created_at=tx.now,
        expires_at=until,
        used_at=None,
    )
