"""Setting up a company, its users and their tokens."""

import hashlib
import re
import secrets
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import bindparam, insert

from dealflow.actions.pipelines import add_terminal_stages, new_pipeline, new_stage
from dealflow.actions.terms import seed_terms
from dealflow.core import term
from dealflow.core.company import ROLES, Company, User
from dealflow.core.currencies import CURRENCIES
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.pipeline import TEMPLATES, SeededPipeline
from dealflow.core.text import read_name, search_key
from dealflow.storage import counters, events, oauth, schema, users
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx
from dealflow.storage.users import Token

EMPTY: Final = "empty"
TOKEN_BYTES: Final = {"pipedrive": 20, "sell": 32}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")

_add_company = Statement(
    insert(schema.company).values({c.name: bindparam(c.name, type_=c.type) for c in schema.company.columns})
)


class Secrets(NamedTuple):
    """A user with the tokens that open both dialects; they are shown here and never again."""

    user: User
    pipedrive_token: str
    sell_token: str


def token_hash(secret: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_currency(code: str, field: str = "currency") -> str:
    """A known currency code. Raises Invalid."""
    if code not in CURRENCIES:
        raise Invalid(field, "unknown currency")
    return code


def read_timezone(name: str) -> str:
    """A known time zone name. Raises Invalid."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("timezone", "unknown time zone") from None
    return name


def domain_of(name: str) -> str:
    """A company's sub-domain word, made from its name."""
    return re.sub(r"[^a-z0-9]+", "-", search_key(name)).strip("-") or "company"


def set_up_company(
    tx: Tx, name: str, *, currency: str, timezone: str, admin_name: str, admin_email: str, template: str = "pipedrive"
) -> tuple[Company, Secrets]:
    """Make the company of `tx` with its admin, the words it chooses from and a first pipeline. Raises Invalid.

    `template`: pipedrive or sell, as a new account there begins, or empty: no pipeline.
    """
    company = Company(
        company_id=tx.company_id,
        name=read_name(name),
        domain=domain_of(name),
        currency=read_currency(currency),
        timezone=read_timezone(timezone),
        country=None,
        created_at=tx.now,
        updated_at=tx.now,
        version=1,
    )
    tx.change(_add_company, **{name: value for name, value in company._asdict().items() if name != "company_id"})
    for kind in ("event", "user", "pipeline", "stage", "deal", "party", "token", "term"):
        counters.start(tx, kind)
    counters.start(tx, "field", 1000)
    events.append(tx, "company", tx.company_id, "created", None, company._asdict())
    admin = new_user(tx, admin_name, admin_email, role="admin", company=company)
    tx.user_id = admin.user.id
    seed_terms(tx, term.BASICS)
    if template in TEMPLATES:
        _add_first_pipeline(tx, TEMPLATES[template])
    elif template != EMPTY:
        raise Invalid("template", f"must be one of {', '.join(TEMPLATES)}, {EMPTY}")
    if template == "sell":
        seed_terms(tx, term.SELL)
    return company, admin


def _add_first_pipeline(tx: Tx, seeded: SeededPipeline) -> None:
    pipeline = new_pipeline(tx, seeded.name, is_seeded=True)
    for stage in seeded.stages:
        new_stage(tx, pipeline, stage.name, likelihood=stage.likelihood, position=stage.position, is_seeded=True)
    add_terminal_stages(tx, pipeline)


def read_email(address: str) -> str:
    """A trimmed e-mail address. Raises Invalid."""
    trimmed = address.strip()
    if not _EMAIL.fullmatch(trimmed):
        raise Invalid("email", "not a valid e-mail address")
    return trimmed


def new_user(
    tx: Tx, name: str, email: str, *, role: str = "user", sees_all: bool = True, company: Company | None = None
) -> Secrets:
    """A new active user with fresh tokens. Raises Invalid, Conflict if the address is in use."""
    user = add_user(tx, name, email, role=role, sees_all=sees_all, company=company)
    return Secrets(user, new_token(tx, user.id, "pipedrive"), new_token(tx, user.id, "sell"))


def add_user(
    tx: Tx, name: str, email: str, *, role: str = "user", sees_all: bool = True, company: Company | None = None
) -> User:
    """A new active user without tokens. Raises Invalid, Conflict if the address is in use."""
    if role not in ROLES:
        raise Invalid("role", f"must be one of {', '.join(ROLES)}")
    email = read_email(email)
    key = search_key(email)
    if users.users.page(tx, {"email": {"email_key": key}}, limit=1):
        raise Conflict("email", "already in use")
    home = company or users.company(tx)
    user = User(
        id=counters.next_id(tx, "user"),
        name=read_name(name),
        email=email,
        email_key=key,
        role=role,
        sees_all=sees_all,
        is_active=True,
        currency=home.currency,
        locale="en_US",
        timezone=home.timezone,
        phone=None,
        created_at=tx.now,
        updated_at=tx.now,
        last_login_at=None,
        version=1,
    )
    users.users.add(tx, user)
    events.created(tx, "user", user)
    return user


def new_token(tx: Tx, user_id: int, kind: str) -> str:
    """A fresh token of a user, which replaces the one of the same kind; the secret itself. Raises NotFound, Invalid."""
    if kind not in TOKEN_BYTES:
        raise Invalid("kind", f"must be one of {', '.join(TOKEN_BYTES)}")
    user = users.users.get(tx, user_id)
    for old in users.tokens(tx):
        if (old.user_id, old.kind) == (user_id, kind):
            users.revoke_token(tx, old)
    secret = secrets.token_hex(TOKEN_BYTES[kind])
    token = Token(
        id=counters.next_id(tx, "token"),
        user_id=user_id,
        kind=kind,
        hash=token_hash(secret),
        last4=secret[-4:],
        scopes=None,
        created_at=tx.now,
        revoked_at=None,
    )
    users.add_token(tx, token)
    if not user.is_active:
        users.close_door(tx, token)
    return secret


def revoke_token(tx: Tx, token_id: int) -> None:
    """End a token at once, an OAuth token with all that grew out of the same consent. Raises NotFound."""
    for token in users.tokens(tx):
        if token.id == token_id:
            users.revoke_token(tx, token)
            if (grant := oauth.grant(tx.db, token.hash)) is not None:
                oauth.end_family(tx, grant)
            return
    raise NotFound("token", token_id)


def set_active(tx: Tx, user_id: int, *, active: bool) -> User:
    """Let a user in or keep them out; their tokens follow at once. Raises NotFound, Conflict for the last admin.

    What they let in by OAuth ends when they are kept out.
    """
    before = users.users.get(tx, user_id, lock=True)
    if before.is_active == active:
        return before
    if not active and not any(each.is_active and each.is_admin and each.id != user_id for each in users.everyone(tx)):
        raise Conflict("active_flag", "the last active admin cannot be deactivated")
    after = before._replace(is_active=active, updated_at=tx.now)
    events.changed(tx, "user", before, after)
    if not active:
        oauth.end_grants(tx, user_id)
    for token in users.tokens(tx):
        if token.user_id == user_id:
            (users.open_door if active else users.close_door)(tx, token)
    return users.users.save(tx, before, after)
