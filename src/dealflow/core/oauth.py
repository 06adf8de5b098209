"""OAuth 2 without a protocol: how long things last, what scopes contain, what a code is bound to (RFC 6749, 7636)."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from dealflow.core.errors import Invalid
from dealflow.core.time import DAY, SECOND, Instant

ErrorCode = Literal[
    "invalid_request", "invalid_grant", "invalid_scope", "unauthorized_client", "unsupported_grant_type"
]
# How long a refresh token that was used is still known, so that its reuse is noticed.
REMEMBERED: Final = 30 * DAY
LONGEST_URI: Final = 2_000
_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9\-_]{43}")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]+")
# A source in the page's content security policy must hold none of these.
_NETLOC: Final = re.compile(r"[A-Za-z0-9.\-:\[\]]*")
_SCRIPTS: Final = ("javascript", "data", "vbscript", "file", "about", "blob")


class Terms(NamedTuple):
    """How long codes and tokens of a dialect last, in seconds; `refresh_s` None means for ever.

    `rotates`: each use of a refresh token replaces it; otherwise its time begins anew.
    """

    code_s: int
    access_s: int
    refresh_s: int | None
    rotates: bool

    def code_until(self, now: Instant) -> Instant:
        return Instant(now + self.code_s * SECOND)

    def access_until(self, now: Instant) -> Instant:
        return Instant(now + self.access_s * SECOND)

    def refresh_until(self, now: Instant) -> Instant | None:
        return None if self.refresh_s is None else Instant(now + self.refresh_s * SECOND)


class Refusal(NamedTuple):
    """Why nothing is issued: the error of RFC 6749 and a sentence for developers.

    An answer and no exception: what a refusal brings about, the end of a family, has to be kept.
    """

    error: ErrorCode
    description: str


def chosen(asked: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """The scopes that are meant, in the order of `allowed`; asking for none means all. Raises Invalid."""
    unknown = sorted(set(asked) - set(allowed))
    if unknown:
        raise Invalid("scope", f"does not include {unknown[0][:80]!r}")
    return tuple(each for each in allowed if not asked or each in asked)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a code verifier. Raises Invalid."""
    if _VERIFIER.fullmatch(verifier) is None:
        raise Invalid("code_verifier", "must be 43 to 128 unreserved characters")
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def read_challenge(challenge: str | None, method: str | None) -> str | None:
    """The challenge of an authorization request, None if it has none. Raises Invalid for any method but S256."""
    if challenge is None:
        if method is not None:
            raise Invalid("code_challenge", "is required with a method")
        return None
    if method != "S256":
        raise Invalid("code_challenge_method", "must be S256")
    if _CHALLENGE.fullmatch(challenge) is None:
        raise Invalid("code_challenge", "must be 43 characters of base64url")
    return challenge


def code_hash(code: str, challenge: str | None) -> str:
    """What the store keeps of a code: who lacks the verifier of its challenge does not find it."""
    return hashlib.sha256((code if challenge is None else f"{code}.{challenge}").encode()).hexdigest()


def read_redirect_uri(uri: str) -> str:
    """An address that a client may be called back at: absolute, without a fragment. Raises Invalid."""
    if _URI.fullmatch(uri) is None or len(uri) > LONGEST_URI:
        raise Invalid("redirect_uri", f"{uri[:80]!r} must be an absolute URI without a fragment")
    parts = urlsplit(uri)
    if parts.scheme in _SCRIPTS or _NETLOC.fullmatch(parts.netloc) is None:
        raise Invalid("redirect_uri", f"{uri[:80]!r} is no address to return to")
    if parts.scheme in ("http", "https") and not parts.hostname:
        raise Invalid("redirect_uri", f"{uri[:80]!r} names no host")
    return uri
