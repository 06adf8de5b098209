"""The page on which a user lets another program in, and how requests about that are read: of no dialect.

The page needs no script and loads nothing. Whoever sends its form signs in with it, so there is no session to ride on;
what a stranger could do is to have somebody else's browser sign in as the stranger. Against that the form repeats a
secret of the browser's cookie, mixed with what the form asks for.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from dealflow.wire import Reply, Request, UnsupportedBody, read_pairs

COOKIE: Final = "dealflow_consent"
COOKIE_S: Final = 3_600
FORM: Final = "application/x-www-form-urlencoded"
_COOKIE: Final = re.compile(rf"(?:^|;) *{COOKIE}=([0-9a-f]{{64}}) *(?:;|$)")

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:8vh auto;padding:0 1rem;color:#1c2430;"
    "background:#f6f7f9}"
    "main{background:#fff;border:1px solid #d9dee5;border-radius:8px;padding:1.5rem}"
    "h1{font-size:1.25rem;margin:0 0 1rem}"
    "label{display:block;margin:.75rem 0 .25rem;font-weight:600}"
    "input,select{box-sizing:border-box;width:100%;padding:.5rem;font:inherit;border:1px solid #8a94a3;"
    "border-radius:4px}"
    "button{font:inherit;padding:.5rem 1rem;margin:1rem .5rem 0 0;border-radius:4px;border:1px solid #2454a6;"
    "background:#fff;color:#2454a6}"
    "button[value=allow]{background:#2454a6;color:#fff}"
    "summary{margin-top:1rem;cursor:pointer}"
    "[role=alert]{border-left:4px solid #b3261e;padding-left:.75rem}"
    "small{color:#525d6b}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


class Asked(NamedTuple):
    """A request of OAuth, however it was said.

    `parameters` come from the query and the form alike; `repeated` are those that were said twice. `client` is the id
    and the secret of HTTP Basic, and so is None without it. `bearer` is the token of a request that signs in.
    """

    parameters: Mapping[str, str]
    repeated: frozenset[str]
    client: tuple[str, str] | None
    bearer: str
    cookie: str | None
    origin: str
    address: str

    def get(self, name: str) -> str | None:
        """A parameter; an empty one counts as none (RFC 6749, 3.1)."""
        return self.parameters.get(name) or None


def read_asked(request: Request) -> Asked:
    """Query, form and headers together. Raises BadRequest, UnsupportedBody."""
    pairs = read_pairs(request.query) if request.query else []
    if request.method == "POST" and request.body:
        kind = (request.header(b"content-type") or FORM).partition(";")[0].strip().lower()
        if kind != FORM:
            raise UnsupportedBody(f"the body must be {FORM}")
        pairs += read_pairs(request.body)
    names = [name for name, _ in pairs]
    authorization = request.header(b"authorization") or ""
    scheme, _, credentials = authorization.partition(" ")
    cookie = _COOKIE.search(request.header(b"cookie") or "")
    return Asked(
        parameters=dict(pairs),
        repeated=frozenset(name for name in names if names.count(name) > 1),
        client=_basic(credentials) if scheme.lower() == "basic" else None,
        bearer=credentials.strip() if scheme.lower() == "bearer" else "",
        cookie=cookie[1] if cookie else None,
        origin=request.origin,
        address=request.address,
    )


def _basic(credentials: str) -> tuple[str, str]:
    """Id and secret; what cannot be read is nobody's."""
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode("utf-8")
    except ValueError:
        return "", ""
    client, _, secret = text.partition(":")
    return client, secret


def back(redirect_uri: str, parameters: Mapping[str, object], *, fragment: bool = False) -> Reply:
    """Send the browser back to the client; parameters that are None are left out."""
    said = urlencode({name: value for name, value in parameters.items() if value is not None}, quote_via=quote)
    joint = "#" if fragment else "&" if "?" in redirect_uri else "?"
    return Reply(302, b"", ((b"Location", f"{redirect_uri}{joint}{said}".encode()),))


# ------------------------------------------------------------------------------------------------------------ page


class Consent(NamedTuple):
    """What the page asks. `scopes` in words; `request` are the parameters that the form sends along."""

    client_name: str
    scopes: Sequence[str]
    redirect_uri: str
    request: Mapping[str, str]


def is_ours(asked: Asked, request: Mapping[str, str]) -> bool:
    """Whether a form is one that this browser was shown, and for this request."""
    if asked.cookie is None:
        return False
    given = asked.parameters.get("seal", "")
    return hmac.compare_digest(_seal(asked.cookie, request).encode(), given.encode())


def _seal(cookie: str, request: Mapping[str, str]) -> str:
    said = urlencode(sorted(request.items())).encode()
    return hmac.new(bytes.fromhex(cookie), said, hashlib.sha256).hexdigest()


def consent_page(
    asked: Asked,
    consent: Consent,
    path: str,
    *,
    status: int = 200,
    problem: str = "",
    companies: Mapping[int, str] | None = None,
) -> Reply:
    """The page, with a cookie. `companies` are those to choose from, if the login belongs to several."""
    cookie = asked.cookie or secrets.token_hex(32)
    hidden = {**consent.request, "seal": _seal(cookie, consent.request)}
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    name = escape(consent.client_name)
    place = urlsplit(consent.redirect_uri)
    parts = [
        f"<h1>{name} asks to work with your company's data</h1>",
        f'<p role="alert">{escape(problem)}</p>' if problem else "",
        "<p>It may:</p><ul>",
        *(f"<li>{escape(each)}</li>" for each in consent.scopes),
        f'</ul><form method="post" action="{escape(path)}">{inputs}',
        _choice(companies or {}),
        '<label for="email">E-mail address</label>',
        f'<input id="email" name="email" type="email" autocomplete="username" value="{_email(asked)}">',
        '<label for="password">Password</label>',
        '<input id="password" name="password" type="password" autocomplete="current-password">',
        "<details><summary>Sign in with an API token</summary>",
        '<label for="token">API token</label>',
        '<input id="token" name="token" type="password" autocomplete="off"></details>',
        '<button name="decision" value="allow">Allow</button>',
        '<button name="decision" value="deny" formnovalidate>Deny</button></form>',
        f"<p><small>You will return to {escape(place.netloc or place.scheme)}.</small></p>",
    ]
    secure = "; Secure" if asked.origin.startswith("https:") else ""
    kept = f"{COOKIE}={cookie}; Path={path}; Max-Age={COOKIE_S}; HttpOnly; SameSite=Lax{secure}"
    reply = _page(status, f"Let {name} in?", "".join(parts), _source(consent.redirect_uri))
    reply.headers += ((b"Set-Cookie", kept.encode()),)
    return reply


def error_page(status: int, text: str) -> Reply:
    """A page that says what is wrong; nobody is sent anywhere."""
    return _page(status, "This does not work", f'<h1>This does not work</h1><p role="alert">{escape(text)}</p>')


def _email(asked: Asked) -> str:
    return escape(asked.get("email") or "")


def _choice(companies: Mapping[int, str]) -> str:
    if not companies:
        return ""
    options = "".join(f'<option value="{key}">{escape(name)}</option>' for key, name in companies.items())
    return f'<label for="company">Company</label><select id="company" name="company">{options}</select>'


def _source(redirect_uri: str) -> str:
    """The place a form may lead to in the end, as a content security policy says it."""
    parts = urlsplit(redirect_uri)
    if not parts.netloc or "[" in parts.netloc:
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{parts.netloc}"


def _page(status: int, title: str, content: str, form_action: str = "") -> Reply:
    """A page that nothing can be loaded into and nobody can frame. `title` and `content` are HTML."""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self' {form_action}".rstrip()
        + "; base-uri 'none'; frame-ancestors 'none'"
    )
    html = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{title}</title><style>{STYLE}</style></head>'
        f"<body><main>{content}</main></body></html>"
    )
    return Reply(
        status,
        html.encode(),
        (
            (b"Content-Type", b"text/html; charset=utf-8"),
            (b"Content-Security-Policy", policy.encode()),
            (b"X-Frame-Options", b"DENY"),
            (b"Referrer-Policy", b"no-referrer"),
        ),
    )
