"""Lists: pages, ids, sorting (contract 1.6, 1.7).

Large tables are read a page at a time (`read_page`). Those that are small by nature are read whole and sorted here
(`page_of`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

from dealflow.core.errors import Invalid
from dealflow.core.text import search_key
from dealflow.dialects.sell.errors import BadParameter
from dealflow.storage.records import PIECE, Record, Records
from dealflow.storage.tx import Tx
from dealflow.wire import read_ids

R = TypeVar("R", bound=Record)
T = TypeVar("T")

LAST_PAGE: Final = 1_000_000
Where = dict[str, Mapping[str, Any]]
PageNumber = Annotated[int, msgspec.Meta(ge=1, le=LAST_PAGE)]


class PageQuery(msgspec.Struct, kw_only=True):
    """The parameters of a list that cannot be sorted."""

    page: PageNumber = 1
    per_page: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25


class ListQuery(PageQuery, kw_only=True):
    """The parameters of every other list. Filters stand in the structs of the resources."""

    ids: str | None = None
    sort_by: str | None = None


def read_id_list(text: str, name: str) -> list[int]:
    """The ids of a comma-separated list. Raises BadParameter."""
    try:
        return read_ids(text, name, PIECE)
    except Invalid as error:
        raise BadParameter(name, error.reason) from None


class Sort(NamedTuple):
    """A sort key of a table read page by page. `order` is its name among the `orders` of the records.

    `absent` is the order that tells rows without a value from others, None if all have one: they come last in both
    directions. `keyed`: the key itself puts them last in ascending order, which an index may then give.
    """

    order: str
    absent: str | None = None
    keyed: bool = False


def read_sorts(text: str | None, known: Iterable[str], default: str) -> list[tuple[str, bool]]:
    """The words of `sort_by` with their directions (descending or not), as given. Raises BadParameter."""
    allowed = frozenset(known)
    sorts = []
    for part in (text or default).split(","):
        word, _, direction = (
            part.strip().rpartition(":") if part.strip().endswith((":asc", ":desc")) else (part, "", "")
        )
        word = word.strip()
        if word not in allowed:
            raise BadParameter("sort_by", f"cannot sort by {word[:80]!r}")
        sorts.append((word, direction == "desc"))
    if len(sorts) > 10:
        raise BadParameter("sort_by", "must name at most 10 attributes")
    return sorts


def read_page(
    tx: Tx,
    records: Records[R],
    query: ListQuery,
    where: Where,
    sorts: Mapping[str, Sort],
    default: str = "id",
    bound: Mapping[str, Any] | None = None,
) -> list[R]:
    """The rows of a page and one more, if there is one. The id breaks ties, ascending always. Raises BadParameter.

    `bound` are values that the sort keys take.
    """
    keys: list[tuple[str, bool]] = []
    for word, descending in read_sorts(query.sort_by, sorts, default):
        sort = sorts[word]
        if sort.absent is not None and (descending or not sort.keyed):
            keys.append((sort.absent, False))
        keys.append((sort.order, descending))
    ids = None if query.ids is None else read_id_list(query.ids, "ids")
    (order, descending), *then = keys
    if order != "id":
        then.append(("id", False))
    return records.page(
        tx,
        where,
        order=order,
        descending=descending,
        then=then,
        start=(query.page - 1) * query.per_page,
        limit=query.per_page + 1,
        ids=ids,
        bound=bound,
    )


def page_of(
    rows: Sequence[T], query: ListQuery, sorts: Mapping[str, Callable[[T], Any]], default: str = "id"
) -> Sequence[T]:
    """The same of rows that are all at hand, by id; `sorts` gives the value of a row by the word. Raises BadParameter.

    Texts sort without case, rows without a value come last in both directions.
    """
    found = rows
    if query.ids is not None:
        wanted, identity = read_id_list(query.ids, "ids"), sorts["id"]
        found = [row for row in found if identity(row) in wanted]
    in_order = query.sort_by is None and default == "id"
    for word, descending in [] if in_order else reversed(read_sorts(query.sort_by, sorts, default)):
        value = sorts[word]
        present = [row for row in found if value(row) is not None]
        absent = [row for row in found if value(row) is None]
        present.sort(key=lambda row: _folded(value(row)), reverse=False) if not descending else _descend(present, value)
        found = present + absent
    start = (query.page - 1) * query.per_page
    return found[start : start + query.per_page + 1]


def _descend(rows: list[T], value: Callable[[T], Any]) -> None:
    """Sort downwards; what is equal stays in its order."""
    rows.reverse()
    rows.sort(key=lambda row: _folded(value(row)))
    rows.reverse()


def _folded(value: Any) -> Any:
    return search_key(value) if isinstance(value, str) else value


def matching(rows: Sequence[T], wanted: Any, value: Callable[[T], Any]) -> Sequence[T]:
    """The rows with this value; all of them if none is asked for."""
    return rows if wanted is None else [row for row in rows if value(row) == wanted]
