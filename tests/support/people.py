"""Who calls the server in a test."""

from functools import cached_property

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
