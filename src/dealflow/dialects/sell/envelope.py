"""What answers are wrapped in (contract 1.4, 1.6)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from dealflow.wire import Reply, Request

EMPTY: Final = b""


class Linked(ABC):
    """An answer that holds addresses of this server, which are those the client used."""

    __slots__ = ()

    @abstractmethod
    def linked(self, request: Request) -> dict[str, Any]:
        """The answer, once the request is known."""


class Page(Linked):
    """One page of a list. `items` are as `item` makes them."""

    __slots__ = ("has_next", "items", "page", "per_page")

    def __init__(self, items: list[dict[str, Any]], page: int, per_page: int, *, has_next: bool) -> None:
        self.items = items
        self.page = page
        self.per_page = per_page
        self.has_next = has_next

    def linked(self, request: Request) -> dict[str, Any]:
        """The collection with links to itself and its neighbours."""
        links = {"self": self._link(request, self.page)}
        if self.page > 1:
            links["first_page"] = self._link(request, 1)
            links["prev_page"] = self._link(request, self.page - 1)
        if self.has_next:
            links["next_page"] = self._link(request, self.page + 1)
        return {"items": self.items, "meta": {"type": "collection", "count": len(self.items), "links": links}}

    def _link(self, request: Request, page: int) -> str:
        """`page` comes first: one connector finds it nowhere else."""
        link = f"{request.origin}{_quoted(request.path)}?page={page}&per_page={self.per_page}"
        if request.query:
            given = parse_qsl(request.query.decode("ascii", "replace"), keep_blank_values=True)
            if others := sorted((k, v) for k, v in given if k not in ("page", "per_page")):
                link += "&" + urlencode(others)
        return link


@lru_cache(maxsize=256)
def _quoted(path: str) -> str:
    return quote(path.rstrip("/"))


def item(type_: str, data: Any, version: int | None = None) -> dict[str, Any]:
    """One resource with its type and, where the resource has one, its version."""
    meta: Mapping[str, Any] = {"type": type_} if version is None else {"version": version, "type": type_}
    return {"data": data, "meta": meta}


def one(type_: str, data: Any, version: int | None = None, *, status: int = 200) -> Reply:
    """The answer that is one resource."""
    return Reply(status, item(type_, data, version))


def listed(items: list[dict[str, Any]], page: int, per_page: int) -> Reply:
    """The answer that is a page; `items` may hold one more than `per_page`, which tells that another page follows."""
    return Reply(200, Page(items[:per_page], page, per_page, has_next=len(items) > per_page))


def collection(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A list inside another answer, whole."""
    found = list(items)
    return {"items": found, "meta": {"type": "collection", "count": len(found)}}


def empty(status: int = 204) -> Reply:
    """An answer without a body."""
    return Reply(status, EMPTY)
