"""Tokens that users granted to other programs."""

from dealflow.actions import oauth, operator
from dealflow.actions.oauth import Tokens
from dealflow.core.oauth import Terms
from tests.support.people import Server
from tests.support.sell import SellClient

TERMS = Terms(code_s=300, access_s=3_600, refresh_s=None, rotates=True)


def granted(server: Server, *scopes: str) -> SellClient:
    """The admin of the server's company, by an OAuth token with these scopes."""
    admin = server.company.admin.user.id
    with server.home.transaction(server.company.company_id, admin) as tx:
        client = operator.add_client(tx.db, tx.now, "Robots", ["https://app.example/back"]).client
        tokens = oauth.issue(tx, client, scopes, TERMS)
    assert isinstance(tokens, Tokens)
    return SellClient(server.served, tokens.access, admin)
