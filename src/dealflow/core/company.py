"""Companies and their users."""

from typing import Final, NamedTuple

from dealflow.core.time import Instant


class Company(NamedTuple):
    """A tenant. `currency` and `timezone` are the defaults of its users; `domain` is its sub-domain word."""

    company_id: int
    name: str
    domain: str
    currency: str
    timezone: str
    country: str | None
    created_at: Instant
    updated_at: Instant
    version: int


ROLES: Final = ("admin", "user")


class Viewer(NamedTuple):
    """What decides how an acting user sees things. `sees_all`: deals that others own and that are not private, too."""

    id: int
    role: str
    sees_all: bool
    currency: str
    timezone: str

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


class User(NamedTuple):
    """A person of a company. `sees_all`: may see deals that others own and that are not private."""

    id: int
    name: str
    email: str
    email_key: str
    role: str
    sees_all: bool
    is_active: bool
    currency: str
    locale: str
    timezone: str
    phone: str | None
    created_at: Instant
    updated_at: Instant
    last_login_at: Instant | None
    version: int

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"
