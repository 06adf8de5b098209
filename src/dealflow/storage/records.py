"""Tables whose rows are records of one company: read by id, in pages, written with their version."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)

from dealflow.core.errors import NotFound, Unavailable
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

PIECE: Final = 500

T = TypeVar("T")


class Record(Protocol):
    """A NamedTuple whose fields are the columns of a table, `company_id` left out."""

    @property
    def id(self) -> int: ...
    def _asdict(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Record)


def differences(before: Record, after: Record) -> dict[str, tuple[Any, Any]]:
    """The attributes that differ between two states of a record, by name: the old and the new value."""
    old_values, new_values = cast("tuple[Any, ...]", before), cast("tuple[Any, ...]", after)
    states = zip(cast("Any", before)._fields, old_values, new_values, strict=True)
    return {name: (old, new) for name, old, new in states if old is not new and old != new}


class After(NamedTuple):
    """The place in an ordered list behind which a page starts: the sort key and the id of the last row seen."""

    key: Any
    id: int


class _Shape(NamedTuple):
    """What makes one SELECT differ from another.

    `size` is the length of its list of ids, 0 for none.
    """

    where: tuple[str, ...] = ()
    order: str = "id"
    descending: bool = False
    after: bool = False
    start: bool = False
    size: int = 0
    limit: bool = False
    then: tuple[tuple[str, bool], ...] = ()


def ids_in(column: ColumnElement[Any], name: str, size: int) -> ColumnElement[bool]:
    """`column IN (:name_0, …)` for `size` values."""
    return column.in_([bindparam(f"{name}_{i}", type_=column.type) for i in range(size)])


def spread(name: str, values: Sequence[Any], size: int) -> dict[str, Any]:
    """The values for `ids_in`, the last one repeated up to `size`."""
    return {f"{name}_{i}": values[min(i, len(values) - 1)] for i in range(size)}


def padded(count: int) -> int:
    """The size of list that `count` values are spread over, so that few statements serve all counts."""
    size = 1
    while size < count:
        size *= 2
    return min(size, PIECE)


def pieces(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """The values in runs that fit one statement."""
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]


class Records(Generic[R]):
    """The rows of one table as records of type `row`.

    `conditions` names the restrictions that `page` and `all` may be asked for: each is a clause with bind parameters
    of its own. `orders` names the sort keys; a key that may be null is written so that it never is.
    """

    def __init__(
        self,
        kind: str,
        table: Table,
        row: type[R],
        conditions: Mapping[str, ColumnElement[bool]] | None = None,
        orders: Mapping[str, ColumnElement[Any]] | None = None,
    ) -> None:
        self.kind = kind
        self.table = table
        # `_make` without its look at the length, which the columns settle.
        self.row: Callable[[Iterable[Any]], R] = cast("Any", partial(tuple.__new__, row))
        self.columns = [table.c[name] for name in row._fields]  # type: ignore[attr-defined]
        self.conditions = conditions or {}
        self.orders = orders or {"id": table.c.id}
        mine = table.c.company_id == bindparam("company_id")
        self._mine = mine
        one = and_(mine, table.c.id == bindparam("id"))
        self._get = Statement(select(*self.columns).where(one))
        self._lock = Statement(select(*self.columns).where(one).with_for_update())
        inserted = [table.c.company_id, *self.columns]
        self._insert = Statement(insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in inserted}))
        self._delete = Statement(delete(table).where(one))
        self._select = lru_cache(maxsize=512)(self._build_select)
        self._update = lru_cache(maxsize=512)(self._build_update)

    def find(self, tx: Tx, record_id: int) -> R | None:
        """The record, marked as deleted or not; None if there is none."""
        found = tx.row(self._get, id=record_id)
        return None if found is None else self.row(found)

    def get(self, tx: Tx, record_id: int, *, lock: bool = False) -> R:
        """The record, marked as deleted or not. Raises NotFound."""
        found = tx.row(self._lock if lock else self._get, id=record_id)
        if found is None:
            raise NotFound(self.kind, record_id)
        return self.row(found)

    def drop(self, tx: Tx, record_id: int) -> None:
        """Remove the row."""
        tx.change(self._delete, id=record_id)

    def by_id(self, tx: Tx, ids: Iterable[int | None]) -> dict[int, R]:
        """The records with these ids; None and ids without a record are left out."""
        wanted = sorted({each for each in ids if each is not None})
        found: dict[int, R] = {}
        for piece in pieces(wanted):
            size = padded(len(piece))
            statement = self._select(_Shape(size=size))
            for row in tx.rows(statement, **spread("ids", piece, size)):
                record = self.row(row)
                found[record.id] = record
        return found

    def add(self, tx: Tx, record: R) -> R:
        tx.change(self._insert, **record._asdict())
        return record

    def save(self, tx: Tx, before: R, after: R) -> R:
        """Write what changed and raise the version. Raises Unavailable if another writer came between."""
        changes = differences(before, after)
        if not changes:
            return before
        version: int = cast("Any", before).version
        values = {name: new for name, (_, new) in changes.items()}
        written = tx.change(self._update(tuple(changes)), this_id=before.id, this_version=version, **values)
        if written != 1:
            raise Unavailable(f"the {self.kind} was changed by someone else at the same time")
        stored = list(cast("tuple[Any, ...]", after))
        stored[cast("Any", after)._fields.index("version")] = version + 1
        return self.row(stored)

    def page(
        self,
        tx: Tx,
        where: Mapping[str, Mapping[str, Any]],
        *,
        order: str = "id",
        descending: bool = False,
        after: After | None = None,
        start: int = 0,
        limit: int = 0,
        ids: Sequence[int] | None = None,
        then: Sequence[tuple[str, bool]] = (),
        bound: Mapping[str, Any] | None = None,
    ) -> list[R]:
        """At most `limit` records that meet all conditions of `where`, each name with its values, in one order.

        `then` are further sort keys with their directions (descending or not), for pages without `after`.
        The id breaks ties and follows the direction of the sort key, unless it is one of `then`. `ids`, at most 500,
        leaves only those. No limit gives all of them. `bound` are values that the sort keys take.
        """
        if ids is not None and not ids:
            return []
        size = padded(len(ids)) if ids is not None else 0
        statement = self._select(
            _Shape(tuple(where), order, descending, after is not None, start > 0, size, limit > 0, tuple(then))
        )
        values: dict[str, Any] = dict(bound or {})
        if ids is not None:
            values.update(spread("ids", ids, size))
        for given in where.values():
            values.update(given)
        if after is not None:
            values["after_id"] = after.id
            if order != "id":
                values["after_key"] = after.key
        if start:
            values["start"] = start
        if limit:
            values["limit"] = limit
        return list(map(self.row, tx.rows(statement, **values)))

    def all(self, tx: Tx, where: Mapping[str, Mapping[str, Any]], *, order: str = "id") -> list[R]:
        """Every record that meets the conditions: for tables that are small by nature."""
        return self.page(tx, where, order=order)

    def page_by_ids(self, tx: Tx, ids: Sequence[int], where: Mapping[str, Mapping[str, Any]]) -> list[R]:
        """The records of at most 500 ids that meet the conditions, by id."""
        return self.page(tx, where, ids=ids)

    def _build_select(self, shape: _Shape) -> Statement:
        identity = self.table.c.id
        key = self.orders[shape.order]
        by_id = shape.order == "id"
        query = select(*self.columns).where(self._mine)
        if shape.size:
            query = query.where(ids_in(identity, "ids", shape.size))
        for name in shape.where:
            query = query.where(self.conditions[name])
        if shape.after and by_id:
            last = bindparam("after_id", type_=identity.type)
            query = query.where(identity < last if shape.descending else identity > last)
        elif shape.after:
            here = tuple_(key, identity)
            last_seen = tuple_(bindparam("after_key", type_=key.type), bindparam("after_id", type_=identity.type))
            query = query.where(here < last_seen if shape.descending else here > last_seen)
        keys: list[tuple[ColumnElement[Any], bool]] = [(identity, shape.descending)]
        if not by_id:
            then = [(self.orders[name], descending) for name, descending in shape.then]
            behind = [] if any(name == "id" for name, _ in shape.then) else keys
            keys = [(key, shape.descending), *then, *behind]
        query = query.order_by(*[each.desc() if descending else each.asc() for each, descending in keys])
        if shape.limit:
            start = bindparam("start") if shape.start else literal_column("0", Integer)
            query = query.limit(bindparam("limit")).offset(start)
        return Statement(query)

    def _build_update(self, changed: tuple[str, ...]) -> Statement:
        c = self.table.c
        values: dict[str, Any] = {name: bindparam(name, type_=c[name].type) for name in changed if name != "version"}
        values["version"] = c.version + 1
        return Statement(
            update(self.table)
            .where(self._mine, c.id == bindparam("this_id"), c.version == bindparam("this_version"))
            .values(values)
        )
