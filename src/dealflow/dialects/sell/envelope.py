"""What answers are wrapped in (contract 1.4, 1.6)."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from dealflow.wire import Reply, Request, encode

EMPTY: Final = b""


class Linked:
    """An answer that holds addresses of this server, which are those the client used."""

    __slots__ = ()

    @abstractmethod
    def linked(self, request: Request) -> dict[str, Any]:
        """The answer, once the request is known."""


class Page(Linked):
    """One page of a list. `items` are as `item` makes them, and one more if another page follows."""

    __slots__ = ("items", "page", "per_page")

    def __init__(self, items: list[dict[str, Any]], page: int, per_page: int) -> None:
        self.items = items
        self.page = page
        self.per_page = per_page

    def linked(self, request: Request) -> dict[str, Any]:
        """The collection with links to itself and its neighbours."""
        items, following = self.items, None
        if len(items) > self.per_page:
            items, following = items[: self.per_page], self.page + 1
        meta = _meta(len(items), request.origin, request.path, request.query, self.page, self.per_page, following)
        return {"items": items, "meta": meta}


@lru_cache(maxsize=256)
def _meta(
    count: int, origin: str, path: str, query: bytes, page: int, per_page: int, following: int | None
) -> msgspec.Raw:
    """What stands beside the items of a page, encoded: most pages are asked for again and again.

    In its address and those of its neighbours `page` comes first: one connector finds it nowhere else.
    """
    given = parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True)
    others = sorted((name, value) for name, value in given if name not in ("page", "per_page"))
    rest = urlencode([("per_page", per_page), *others])
    pages = {"self": page}
    if page > 1:
        pages.update(first_page=1, prev_page=page - 1)
    if following is not None:
        pages["next_page"] = following
    here = origin + quote(path.rstrip("/"))
    links = {name: f"{here}?page={number}&{rest}" for name, number in pages.items()}
    return msgspec.Raw(encode({"type": "collection", "count": count, "links": links}))


def item(type_: str, data: Any, version: int | None = None) -> dict[str, Any]:
    """One resource with its type and, where the resource has one, its version."""
    meta: Mapping[str, Any] = {"type": type_} if version is None else {"version": version, "type": type_}
    return {"data": data, "meta": meta}


def one(type_: str, data: Any, version: int | None = None, *, status: int = 200) -> Reply:
    """The answer that is one resource."""
    return Reply(status, item(type_, data, version))


def listed(items: list[dict[str, Any]], page: int, per_page: int) -> Reply:
    """The answer that is a page; `items` may hold one more than `per_page`, which tells that another page follows."""
    return Reply(200, Page(items, page, per_page))


def collection(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A list inside another answer, whole."""
    found = list(items)
    return {"items": found, "meta": {"type": "collection", "count": len(found)}}


def empty(status: int = 204) -> Reply:
    """An answer without a body."""
    return Reply(status, EMPTY)
