"""A client of the Sell dialect that says what it means."""

from collections.abc import Mapping

from tests.support.databases import Tenant
from tests.support.server import Client, Json, Response, Served, used_tokens

AGENT = "tests/1"


class SellClient:
    """A user of one company. Paths carry their version: `/v2/deals`. Bodies are the attributes under `data`."""

    def __init__(self, served: Served, token: str | None, user_id: int = 0) -> None:
        self.plain = Client(served, None)
        self.token = token
        self.user_id = user_id
        if token is not None:
            used_tokens.add(token)

    def call(
        self,
        method: str,
        path: str,
        attributes: Json = None,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        raw: bytes | None = None,
        whole: Json = None,
    ) -> Response:
        """One request. `whole` is a body without an envelope, `raw` one as it is; a header of None is left out."""
        sent: dict[str, str | None] = {"User-Agent": AGENT}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        sent.update(headers or {})
        kept = {name: value for name, value in sent.items() if value is not None}
        body = whole if attributes is None else {"data": attributes}
        return self.plain.call(method, path, body, query=query, headers=kept, raw=raw)

    def get(self, path: str, **query: object) -> Response:
        return self.call("GET", path, query=query)

    def post(self, path: str, attributes: Json = None, **query: object) -> Response:
        return self.call("POST", path, {} if attributes is None else attributes, query=query)

    def put(self, path: str, attributes: Json = None) -> Response:
        return self.call("PUT", path, {} if attributes is None else attributes)

    def delete(self, path: str) -> Response:
        return self.call("DELETE", path)


class SellPeople:
    """The people of a company as they come through Sell."""

    def __init__(self, served: Served, company: Tenant) -> None:
        self.admin, self.seller, self.restricted = (
            SellClient(served, each.sell_token, each.user.id) for each in company.people
        )


def items(response: Response) -> list[Json]:
    """The data of a list's items."""
    return [each["data"] for each in response.body["items"]]


def codes(response: Response) -> list[tuple[str | None, str]]:
    """Field and code of each error."""
    return [(each["error"].get("field"), each["error"]["code"]) for each in response.body["errors"]]
