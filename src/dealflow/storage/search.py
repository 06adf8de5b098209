"""Searching the records of a table by a tree of tests, in any order, a piece at a time; and totals over what is found.

What can be searched by is told by name: the attributes of a `Subject` (`storage.search_subjects`), and values within
its JSON document of custom fields, by their path. Trees of one shape share a statement, their values are bound.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    Text,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.types import TypeEngine

from dealflow.storage.json_text import json_text, without_case
from dealflow.storage.parties import beginning, containing
from dealflow.storage.records import Record, Records, padded, spread
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

Clause = ColumnElement[Any]
Where = Mapping[str, Mapping[str, Any]]

# Sums are taken of the billions and of the rest, neither of which can overflow.
BILLION: Final = 1_000_000_000


class Attribute(NamedTuple):
    """Something that records are searched and sorted by.

    `kind`: integer, amount, instant, flag, day, number, text, folded (the search key of a text), ids and names (JSON
    lists of numbers and of texts). `present` is whether there is a value; None if there always is one.
    """

    kind: str
    value: Clause
    present: ColumnElement[bool] | None = None


class Subject(NamedTuple):
    """A table and what can be searched by; `document` holds the custom fields."""

    records: Records[Any]
    attributes: Mapping[str, Attribute]
    document: Clause | None = None


class Place(NamedTuple):
    """An attribute by name; one named `custom_…` is a value at a path within the document."""

    attribute: str
    path: str | None = None


class Leaf(NamedTuple):
    """A test of one attribute.

    `operator`: among (one of at most 500 values), above, from, below, until (a bound, the second and the fourth
    included), begins and contains (a text), holds (a member of a list as JSON between commas), absent.
    """

    place: Place
    operator: str
    values: tuple[Any, ...] = ()


class Branch(NamedTuple):
    """`operator`: all (also of no nodes), any (never of none), or none."""

    operator: str
    nodes: tuple["Node", ...]


Node = Leaf | Branch


class Sort(NamedTuple):
    """Rows without a value come last in both directions."""

    place: Place
    descending: bool


class Hit(NamedTuple):
    """A record that was found, and the keys it is sorted by: what a later piece begins behind."""

    id: int
    keys: tuple[Any, ...]


class Total(NamedTuple):
    """What the values of an attribute come to: how many there are, the smallest, the largest, their sum."""

    values: int
    least: Any
    most: Any
    sum: Any


class _Type(NamedTuple):
    """How a kind is bound, and what stands for no value where rows are sorted."""

    bound: TypeEngine[Any]
    nothing: Any


_TYPES: Final[Mapping[str, _Type]] = {
    "integer": _Type(BigInteger(), 0),
    "amount": _Type(BigInteger(), 0),
    "instant": _Type(BigInteger(), 0),
    "flag": _Type(Boolean(), nothing=False),
    "number": _Type(Double(), 0.0),
    **dict.fromkeys(("text", "folded", "day", "ids", "names"), _Type(Text(), "")),
}
CUSTOM: Final = {"custom_text": "text", "custom_day": "day", "custom_number": "number", "custom_ids": "ids"}
SUMMED: Final = frozenset({"integer", "amount", "number"})
RANGED: Final = SUMMED | {"instant", "day"}


class _Shape(NamedTuple):
    """What makes one statement differ from another: all but the values."""

    where: tuple[str, ...]
    tree: Any
    sorts: tuple[tuple[str, bool], ...] = ()
    totals: tuple[str, ...] = ()
    after: bool = False


class Search:
    """The statements of a subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._hits = lru_cache(maxsize=256)(self._build_hits)
        self._totals = lru_cache(maxsize=256)(self._build_totals)

    def hits(
        self,
        tx: Tx,
        where: Where,
        tree: Node,
        sorts: Sequence[Sort],
        *,
        after: Hit | None = None,
        start: int = 0,
        limit: int,
    ) -> list[Hit]:
        """At most `limit` records from `start` on, or behind `after`; the id breaks ties."""
        if self._outcome(tree) is False:
            return []
        shape = _Shape(
            where=tuple(where),
            tree=_shape_of(tree),
            sorts=tuple((sort.place.attribute, sort.descending) for sort in sorts),
            after=after is not None,
        )
        values = _values(where, tree)
        values.update((f"sort_{i}_path", sort.place.path) for i, sort in enumerate(sorts))
        if after is not None:
            values["after_id"] = after.id
            values.update((f"after_{i}", key) for i, key in enumerate(after.keys))
        rows = tx.rows(self._hits(shape), **values, start=start, limit=limit)
        return [Hit(row[0], row[1:]) for row in rows]

    def totals(self, tx: Tx, where: Where, tree: Node, places: Sequence[Place]) -> tuple[int, list[Total]]:
        """How many records there are, and a total for each place."""
        if self._outcome(tree) is False:
            return 0, [Total(0, None, None, None) for _ in places]
        shape = _Shape(tuple(where), _shape_of(tree), totals=tuple(place.attribute for place in places))
        values = _values(where, tree)
        values.update((f"total_{i}_path", place.path) for i, place in enumerate(places))
        (found, *cells) = cast("tuple[Any, ...]", tx.row(self._totals(shape), **values))
        totals = [cells[i : i + 5] for i in range(0, len(cells), 5)]
        return int(found), [Total(number, least, most, _sum(high, low)) for number, least, most, high, low in totals]

    def key_types(self, sorts: Sequence[Sort]) -> list[type]:
        """The types of the keys of a hit."""
        attributes = [self._attribute(sort.place.attribute, "path") for sort in sorts]
        keys = [key for each in attributes for key in _sort_keys(each, descending=False)]
        return [key.type.python_type for key in keys]

    def kind(self, place: Place) -> str:
        """The kind of an attribute."""
        return self._attribute(place.attribute, "path").kind

    def text_leaf(self, place: Place, operator: str, text: str) -> Leaf:
        """The test whether a text `begins` with another or `contains` it; `text` is a search key for folded ones."""
        if self.kind(place) != "folded":
            return Leaf(place, operator, (text,))
        return Leaf(place, operator, (beginning(text) if operator == "begins" else containing(text),))

    def by_id(self, tx: Tx, hits: Sequence[Hit]) -> list[Record]:
        """The records that were found, in their order."""
        found: dict[int, Record] = self.subject.records.by_id(tx, [hit.id for hit in hits])
        return [found[hit.id] for hit in hits if hit.id in found]

    def _outcome(self, tree: Node) -> bool | None:
        """What a tree comes to whatever the record; None if that depends."""
        if isinstance(tree, Leaf):
            always = tree.operator == "absent" and self._attribute(tree.place.attribute, "path").present is None
            return False if always else None
        outcomes = {self._outcome(each) for each in tree.nodes}
        if tree.operator == "all":
            return False if False in outcomes else None if None in outcomes else True
        some = True if True in outcomes else None if None in outcomes else False
        return some if tree.operator == "any" or some is None else not some

    # ---------------------------------------------------------------------------------------------- statements

    def _build_hits(self, shape: _Shape) -> Statement:
        identity = self.subject.records.table.c.id
        keys: list[_Key] = []
        for i, (name, descending) in enumerate(shape.sorts):
            keys += _sort_keys(self._attribute(name, f"sort_{i}_path"), descending=descending)
        query = select(identity, *[key.value for key in keys]).where(*self._conditions(shape))
        keys.append(_Key(identity, BigInteger()))
        if shape.after:
            query = query.where(_behind(keys))
        query = query.order_by(*[key.value.desc() if key.descending else key.value.asc() for key in keys])
        return Statement(query.limit(bindparam("limit")).offset(bindparam("start")))

    def _build_totals(self, shape: _Shape) -> Statement:
        cells: list[Clause] = [func.count()]
        for i, name in enumerate(shape.totals):
            cells += _total_cells(self._attribute(name, f"total_{i}_path"))
        query = select(*cells).select_from(self.subject.records.table)
        return Statement(query.where(*self._conditions(shape)))

    def _conditions(self, shape: _Shape) -> list[ColumnElement[bool]]:
        records = self.subject.records
        mine = records.table.c.company_id == bindparam("company_id")
        return [mine, *[records.conditions[name] for name in shape.where], self._tree(shape.tree, count())]

    def _tree(self, shape: Any, places: Iterator[int]) -> ColumnElement[bool]:
        """The condition of a tree's shape; its parameters are named in the order of `_values`."""
        operator, *rest = shape
        if operator == "all":
            return and_(true(), *[self._tree(each, places) for each in rest])
        if operator == "any":
            return or_(false(), *[self._tree(each, places) for each in rest])
        if operator == "none":
            return not_(or_(false(), *[self._tree(each, places) for each in rest]))
        attribute, size = rest
        name = f"leaf_{next(places)}"
        return _test(self._attribute(attribute, f"{name}_path"), operator, name, size)

    def _attribute(self, name: str, path: str) -> Attribute:
        kind = CUSTOM.get(name)
        if kind is None:
            return self.subject.attributes[name]
        value: Clause = json_text(self.subject.document, bindparam(path, type_=Text()))
        present = value.is_not(None)
        return Attribute(kind, cast_to(value, Double()) if kind == "number" else value, present)


# ----------------------------------------------------------------------------------------------------------- parts


def _test(attribute: Attribute, operator: str, name: str, size: int) -> ColumnElement[bool]:
    """A leaf. It is never null, so that it can be negated."""
    value, bound = attribute.value, _TYPES[attribute.kind].bound
    if operator == "absent":
        return false() if attribute.present is None else not_(attribute.present)
    given = [bindparam(f"{name}_{i}", type_=bound) for i in range(size)]
    tests: Mapping[str, Any] = {
        "among": lambda: value.in_(given),
        "above": lambda: value > given[0],
        "from": lambda: value >= given[0],
        "below": lambda: value < given[0],
        "until": lambda: value <= given[0],
        "begins": lambda: _begins(attribute, given[0]),
        "contains": lambda: _contains(attribute, given[0]),
        "holds": lambda: func.replace(_members(attribute), given[0], "") != _members(attribute),
    }
    made: ColumnElement[bool] = tests[operator]()
    return made if attribute.present is None else and_(attribute.present, made)


def _begins(attribute: Attribute, given: Clause) -> ColumnElement[bool]:
    if attribute.kind == "folded":
        return attribute.value.like(given, escape="\\")
    return func.substr(attribute.value, 1, func.length(given)) == given


def _contains(attribute: Attribute, given: Clause) -> ColumnElement[bool]:
    """LIKE is of no use for texts that are not folded: SQLite does without the case of some letters."""
    if attribute.kind == "folded":
        return attribute.value.like(given, escape="\\")
    return func.replace(attribute.value, given, "") != attribute.value


def _members(attribute: Attribute) -> Clause:
    """A JSON list as text that begins and ends with a comma and has no spaces between members."""
    comma = literal(",", Text())
    if attribute.kind == "names":
        return comma + func.substr(attribute.value, 2, func.length(attribute.value) - 2) + comma
    members = attribute.value
    for written, kept in ((" ", ""), ("[", ","), ("]", ",")):
        members = func.replace(members, written, kept)
    return members


class _Key(NamedTuple):
    """Something never null to sort by."""

    value: Clause
    type: TypeEngine[Any]
    descending: bool = False


def _sort_keys(attribute: Attribute, *, descending: bool) -> list[_Key]:
    """What sorts by an attribute, with a flag in front where there may be no value."""
    bound, nothing = _TYPES[attribute.kind]
    key, keys = attribute.value, list[_Key]()
    if attribute.present is not None:
        keys.append(_Key(case((attribute.present, 0), else_=1), BigInteger()))
        key = func.coalesce(key, literal(nothing, bound))
    return [*keys, _Key(without_case(key) if attribute.kind == "text" else key, bound, descending)]


def _behind(keys: Sequence[_Key]) -> ColumnElement[bool]:
    """Whether a row stands behind one with the keys `after_0`, `after_1` … and, for the last, `after_id`."""
    lasts = [bindparam(f"after_{i}", type_=key.type) for i, key in enumerate(keys[:-1])]
    ways: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for key, last in zip(keys, [*lasts, bindparam("after_id", type_=keys[-1].type)], strict=True):
        ways.append(and_(*same, key.value < last if key.descending else key.value > last))
        same.append(key.value == last)
    if not lasts:
        return ways[0]
    first, last = keys[0], lasts[0]  # said once more, for an index
    return and_(first.value <= last if first.descending else first.value >= last, or_(*ways))


def _total_cells(attribute: Attribute) -> list[Clause]:
    """Number, smallest, largest, and the sum in two parts."""
    value = attribute.value if attribute.present is None else case((attribute.present, attribute.value))
    nothing: Clause = literal(0, BigInteger())
    extent: list[Clause] = [func.min(value), func.max(value)] if attribute.kind in RANGED else [nothing, nothing]
    sums = [nothing, nothing]
    if attribute.kind == "number":
        sums = [nothing, func.sum(value)]
    elif attribute.kind in SUMMED:
        sums = [func.sum(value // BILLION), func.sum(value % BILLION)]
    return [func.count(value), *extent, *sums]


def _sum(high: Any, low: Any) -> Any:
    if isinstance(low, float):
        return low
    return None if high is None or low is None else int(high) * BILLION + int(low)


def _shape_of(node: Node) -> Any:
    if isinstance(node, Branch):
        return (node.operator, *map(_shape_of, node.nodes))
    return (node.operator, node.place.attribute, padded(len(node.values)))


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    else:
        for each in node.nodes:
            yield from _leaves(each)


def _values(where: Where, tree: Node) -> dict[str, Any]:
    """What the parameters are bound to."""
    values: dict[str, Any] = {}
    for given in where.values():
        values.update(given)
    for i, leaf in enumerate(_leaves(tree)):
        name = f"leaf_{i}"
        values[f"{name}_path"] = leaf.place.path
        if leaf.values:
            values.update(spread(name, leaf.values, padded(len(leaf.values))))
    return values
