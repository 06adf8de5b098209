"""Who calls the server in a test."""

import secrets
from functools import cached_property
from typing import Final

from dealflow.actions.companies import token_hash
from dealflow.storage import counters, users
from tests.support.databases import Home, Tenant
from tests.support.server import Client


class Server:
    """The server of a database as seen by the people of a fresh company, and by another company's admin."""

    def __init__(self, home: Home, *, strict: bool = False) -> None:
        self.home = home
        self.served = home.served(strict=strict)
        self.url = self.served.url
        self.company = home.new_tenant()
        self.admin = Client(self.served, self.company.admin.pipedrive_token, self.company.admin.user.id)
        self.seller = Client(self.served, self.company.seller.pipedrive_token, self.company.seller.user.id)
        self.restricted = Client(self.served, self.company.restricted.pipedrive_token, self.company.restricted.user.id)
        self.stranger = Client(self.served, None)

    @cached_property
    def neighbours(self) -> Tenant:
        return self.home.new_tenant()

    @cached_property
    def other(self) -> Client:
        """The admin of another company, which is made when first asked for."""
        return Client(self.served, self.neighbours.admin.pipedrive_token, self.neighbours.admin.user.id)


_scoped: Final[dict[tuple[int, str], str]] = {}


def with_scopes(server: Server, scopes: str) -> Client:
    """The admin, by a token that was granted only these scopes."""
    key = (server.company.company_id, scopes)
    if key not in _scoped:
        secret = secrets.token_hex(20)
        with server.home.transaction(server.company.company_id) as tx:
            token = users.Token(
                id=counters.next_id(tx, "token"),
                user_id=server.admin.user_id,
                kind="pipedrive",
                hash=token_hash(secret),
                last4=secret[-4:],
                scopes=scopes,
                created_at=tx.now,
                revoked_at=None,
            )
            users.add_token(tx, token)
        _scoped[key] = secret
    return Client(server.served, _scoped[key], server.admin.user_id)
