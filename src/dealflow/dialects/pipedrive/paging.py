"""Pages: offsets on version 1, opaque cursors on version 2 (contract 1.3, 6.3, 6.4)."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from dealflow.core.errors import Invalid
from dealflow.dialects.pipedrive.errors import Spelled
from dealflow.storage.records import After, Record, Records
from dealflow.storage.tx import Tx
from dealflow.wire import INT64, Int, Reply

R = TypeVar("R", bound=Record)

DEFAULT: Final = 100
MOST: Final = 500

Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
Direction = Literal["asc", "desc"]
Where = Mapping[str, Mapping[str, Any]]
# The order of a list by one key, and whether it descends.
SortKey = tuple[str, bool]


class CursorQuery(msgspec.Struct, kw_only=True):
    """`limit` and `cursor` of a version 2 list."""

    limit: Limit = DEFAULT
    cursor: str | None = None


class OffsetQuery(msgspec.Struct, kw_only=True):
    """`start` and `limit` of a version 1 list; values out of range are clamped."""

    start: Int = 0
    limit: Int = DEFAULT

    @property
    def page(self) -> tuple[int, int]:
        return max(0, min(self.start, 10**9)), max(1, min(self.limit, MOST))


class _Cursor(msgspec.Struct, rename="camel"):
    field: str
    field_value: int | str
    sort_direction: Direction
    id: Annotated[int, msgspec.Meta(ge=-INT64, le=INT64)]


def read_cursor(text: str, word: str, direction: str) -> After:
    """The place a cursor points behind. Raises Spelled for one of another list, sort or direction."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.json.decode(raw, type=_Cursor)
    except (ValueError, msgspec.MsgspecError):
        raise Spelled("Invalid cursor") from None
    if cursor.field != word or cursor.sort_direction != direction:
        raise Spelled("Invalid cursor")
    is_text = isinstance(cursor.field_value, str)
    if is_text != (word == "name") or (not is_text and not -INT64 <= int(cursor.field_value) <= INT64):
        raise Spelled("Invalid cursor")
    return After(cursor.field_value, cursor.id)


def write_cursor(word: str, direction: Direction, key: int | str, record_id: int) -> str:
    """The cursor behind a record."""
    raw = msgspec.json.encode(_Cursor(word, key, direction, record_id))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def cursor_page(
    tx: Tx,
    records: Records[R],
    where: Where,
    query: CursorQuery,
    *,
    words: Mapping[str, str],
    sort_by: str = "id",
    direction: Direction = "asc",
    ids: Sequence[int] | None = None,
) -> tuple[list[R], str | None]:
    """One page and the cursor of the next; `words` maps the sort words of the wire to orders of `records`."""
    order = words[sort_by]
    after = read_cursor(query.cursor, sort_by, direction) if query.cursor else None
    found = records.page(
        tx, where, order=order, descending=direction == "desc", after=after, limit=query.limit + 1, ids=ids
    )
    if len(found) <= query.limit:
        return found, None
    found.pop()
    last = found[-1]
    key = last.id if order == "id" else getattr(last, order) or 0
    return found, write_cursor(sort_by, direction, key, last.id)


def cursor_reply(data: Sequence[Any], next_cursor: str | None) -> Reply:
    """A version 2 list."""
    return Reply(200, {"success": True, "data": data, "additional_data": {"next_cursor": next_cursor}})


def offset_page(
    tx: Tx, records: Records[R], where: Where, query: OffsetQuery, sort: Sequence[SortKey] = ()
) -> tuple[list[R], dict[str, Any]]:
    """One page and its `pagination` block, by the sort keys in turn; without any, by id."""
    start, limit = query.page
    (order, descending), *then = sort or [("id", False)]
    found = records.page(tx, where, order=order, descending=descending, start=start, limit=limit + 1, then=then)
    more = len(found) > limit
    return found[:limit], pagination(start, limit, more=more)


def pagination(start: int, limit: int, *, more: bool) -> dict[str, Any]:
    """The `pagination` block; `next_start` is there only when more follows."""
    block = {"start": start, "limit": limit, "more_items_in_collection": more}
    if more:
        block["next_start"] = start + limit
    return block


def slice_page(data: Sequence[Any], query: OffsetQuery) -> tuple[Sequence[Any], dict[str, Any]]:
    """A page of a list that is whole in memory."""
    start, limit = query.page
    return data[start : start + limit], pagination(start, limit, more=len(data) > start + limit)


def slice_by_cursor(data: Sequence[Any], ids: Sequence[int], query: CursorQuery) -> tuple[Sequence[Any], str | None]:
    """The same for version 2; `ids` rise with the list."""
    begin = 0
    if query.cursor:
        after = read_cursor(query.cursor, "id", "asc")
        begin = next((i for i, each in enumerate(ids) if each > after.id), len(ids))
    end = begin + query.limit
    more = len(data) > end
    return data[begin:end], write_cursor("id", "asc", ids[end - 1], ids[end - 1]) if more else None


def offset_reply(data: Sequence[Any], block: Mapping[str, Any], *, null_when_empty: bool, **more: Any) -> Reply:
    """A version 1 list with its pagination; 6.25 says which lists are null when empty."""
    shown = None if null_when_empty and not data else data
    return Reply(200, {"success": True, "data": shown, "additional_data": {"pagination": block}, **more})


def sorted_by(words: Iterable[str]) -> msgspec.Meta:
    """How a text that `read_sort` reads is told to readers of the reference."""
    key = f"({'|'.join(words)})( (ASC|DESC))?"
    description = f"Keys, comma-separated, each with ASC or DESC behind it: {', '.join(words)}"
    return msgspec.Meta(description=description, extra_json_schema={"pattern": f"^{key}(, ?{key})*$"})


def read_sort(text: str | None, words: Mapping[str, str]) -> list[SortKey]:
    """The keys of `field ASC, other DESC`: the order of each and whether it descends. Raises Invalid."""
    keys: list[SortKey] = []
    for part in (text or "").split(","):
        word, _, direction = part.strip().partition(" ")
        direction = direction.strip().upper() or "ASC"
        if not word and text is None:
            continue
        if word not in words or direction not in ("ASC", "DESC"):
            raise Invalid("sort", "unknown field or direction")
        if words[word] not in [order for order, _ in keys]:
            keys.append((words[word], direction == "DESC"))
    return keys
