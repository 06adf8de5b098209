"""Reading the queries of Search (contract 3.3): filter trees, sorts, projections, aggregations, cursors."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec

from dealflow.core.errors import Invalid
from dealflow.core.fields import Field
from dealflow.core.money import LARGEST
from dealflow.core.text import search_key
from dealflow.core.time import DAY, LATEST, SECOND, Day, Instant, instant, iso, start_of, whole_second
from dealflow.dialects.sell.errors import Rejected, rejected
from dealflow.dialects.sell.tags import names_by_id
from dealflow.dialects.sell.v3.searched import NEVER, Resource, Word
from dealflow.dialects.sell.values import read_date, read_decimal, read_instant
from dealflow.storage import fields, users
from dealflow.storage.json_text import path_to
from dealflow.storage.search import RANGED, SUMMED, Branch, Hit, Leaf, Node, Place, Sort
from dealflow.storage.tx import Tx
from dealflow.wire import INT64

MOST_NODES: Final = 200
DEEPEST: Final = 20
MOST_VALUES: Final = 500
MOST_VALUES_IN_ALL: Final = 2_000
MOST_SORTS: Final = 5
MOST_NAMES: Final = 200
MOST_A_PAGE: Final = 200
LAST_START: Final = 1_000_000
LONGEST_TEXT: Final = 65_536
HALF_A_CENT: Final = 50
CUSTOM: Final = "custom_fields"

TYPES: Final = ("avg", "count", "max", "min", "sum")
BRANCHES: Final[Mapping[str, str]] = {"and": "all", "or": "any", "not": "none"}
BOUNDS: Final[Mapping[str, str]] = {"gt": "above", "gte": "from", "lt": "below", "lte": "until"}
TEXTS: Final[Mapping[str, str]] = {"starts_with": "begins", "contains": "contains"}
PARAMETERS: Final = ("eq", "any", "all", "range", "is_null", *TEXTS)
# What stands for values that are kept more exactly than they are shown: from the first to before the second.
SPANS: Final = frozenset({"amount", "instant", "date"})
LISTS: Final = frozenset({"ids", "names", "choices"})
UNORDERED: Final = LISTS | {"choice", "truth"}

_NUMBER: Final = ("custom_number", "number")
# The attribute and the kind of custom fields by their type; the others are texts.
_CUSTOM: Final[Mapping[str, tuple[str, str]]] = {
    "boolean": ("custom_text", "truth"),
    "date": ("custom_day", "day"),
    "datetime": ("custom_day", "moment"),
    "enum": ("custom_text", "choice"),
    "set": ("custom_ids", "choices"),
    **dict.fromkeys(("double", "monetary", "org", "people", "user", "visible_to"), _NUMBER),
}
_WITH_PARTS: Final = frozenset({"address", "daterange", "monetary", "time", "timerange"})


class Found(NamedTuple):
    """An attribute that was named. `kind` is how its values are read; `place` is None for what follows from others."""

    name: str
    place: Place | None
    kind: str
    word: Word | None = None
    field: Field | None = None


class Aggregation(NamedTuple):
    """`type`: avg, count, max, min or sum."""

    found: Found
    type: str


class Query(NamedTuple):
    """One query of a batch. `names` are the attributes to answer beside id and version."""

    tree: Node
    sorts: tuple[Sort, ...]
    names: tuple[str, ...]
    aggregations: tuple[Aggregation, ...]
    hits: bool
    start: int
    after: Hit | None
    per_page: int


def wrong(at: str, details: str) -> Rejected:
    """A value that cannot be."""
    return rejected("incorrect_value", at, details)


def mistyped(at: str, what: str) -> Rejected:
    """A value of another JSON type than it has to be."""
    return rejected("invalid_type", at, f"must be {what}.")


def _object(given: Any, at: str, *known: str) -> Mapping[str, Any]:
    """An object with none but known keys; null is none."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise mistyped(at, "an object")
    for key in given:
        if key not in known:
            raise rejected("unknown", f"{at}/{key[:80]}".lstrip("/"), "")
    return given


def _list(given: Any, at: str, most: int) -> Sequence[Any]:
    """A list; null is none."""
    if given is None:
        return ()
    if not isinstance(given, list):
        raise mistyped(at, "a list")
    if len(given) > most:
        raise wrong(at, f"must have at most {most} entries.")
    return given


def _text(given: Any, at: str) -> str:
    if not isinstance(given, str):
        raise mistyped(at, "a string")
    if len(given) > LONGEST_TEXT:
        raise wrong(at, f"must have at most {LONGEST_TEXT} characters.")
    return given


def _integer(given: Any, at: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise mistyped(at, "an integer")
    if not -INT64 <= given <= INT64:
        raise wrong(at, "is out of range.")
    return given


def _number(given: Any, at: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise mistyped(at, "a number")
    number = float(given)
    if not abs(number) < LARGEST:
        raise wrong(at, "is out of range.")
    return number


def _flag(given: Any, at: str) -> bool:
    if not isinstance(given, bool):
        raise mistyped(at, "a boolean")
    return given


def _day(given: Any, at: str) -> str:
    try:
        return read_date(_text(given, at))
    except (ValueError, OverflowError):
        raise wrong(at, "must be a date such as 2026-03-09.") from None


def _moment(given: Any, at: str) -> str:
    try:
        return iso(read_instant(_text(given, at)))
    except (ValueError, OverflowError):
        raise wrong(at, "must be a timestamp such as 2026-03-09T10:00:00Z.") from None


SCALARS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "choice": _text,
    "choices": _text,
    "day": _day,
    "flag": _flag,
    "folded": lambda given, at: search_key(_text(given, at)),
    "ids": _text,
    "integer": _integer,
    "moment": _moment,
    "names": _text,
    "number": _number,
    "text": _text,
    "truth": lambda given, at: str(_flag(given, at)).lower(),
}


class Reader:
    """Reads the queries of one batch; loads what they share once."""

    def __init__(self, tx: Tx, resource: Resource) -> None:
        self.tx = tx
        self.resource = resource
        self._nodes = 0
        self._values = 0

    @cached_property
    def _fields(self) -> dict[str, Field]:
        """Custom fields as they are named: `12`, and `contact:12` where there are those of two resources."""
        named: dict[str, Field] = {}
        for prefix, resource in self.resource.fields.items():
            for field in fields.live(self.tx, resource).values():
                named[str(field.id)] = field
                named[f"{prefix}:{field.id}"] = field
        return named

    @cached_property
    def _labels(self) -> Mapping[str, int]:
        names = names_by_id(self.tx, self.resource.labels) if self.resource.labels else {}
        return {name: label_id for label_id, name in names.items()}

    @cached_property
    def _zone(self) -> str:
        return users.company(self.tx).timezone if self.resource.zoned else "UTC"

    def query(self, data: Mapping[str, Any], per_page: Any) -> Query:
        """A query; `per_page` is what stands beside it. Raises Rejected."""
        self._nodes = self._values = 0
        _object(data, "", "query", "aggregations", "suggestions", "hits", "cursor", "page", "offset", "per_page")
        asked = _object(data.get("query"), "query", "projection", "filter", "sort")
        _list(data.get("suggestions"), "suggestions", MOST_NAMES)
        tree = self._node(asked["filter"], "query/filter", 1) if asked.get("filter") else Branch("all", ())
        sorts = tuple(
            self._sort(each, f"query/sort/{i}")
            for i, each in enumerate(_list(asked.get("sort"), "query/sort", MOST_SORTS))
        )
        wanted = data.get("per_page", per_page)
        page_size = 50 if wanted is None else _within(wanted, "per_page", MOST_A_PAGE)
        start, after = self._place_in_list(data, sorts, page_size)
        return Query(
            tree=tree,
            sorts=sorts,
            names=self._projection(asked.get("projection")),
            aggregations=tuple(
                self._aggregation(each, f"aggregations/{i}")
                for i, each in enumerate(_list(data.get("aggregations"), "aggregations", MOST_NAMES))
            ),
            hits=True if data.get("hits") is None else _flag(data["hits"], "hits"),
            start=start,
            after=after,
            per_page=page_size,
        )

    def _place_in_list(self, data: Mapping[str, Any], sorts: Sequence[Sort], per_page: int) -> tuple[int, Hit | None]:
        given = [name for name in ("cursor", "page", "offset") if data.get(name) is not None]
        if len(given) > 1:
            raise wrong(given[1], f"must not be given together with '/{given[0]}'.")
        if not given:
            return 0, None
        if given == ["cursor"]:
            return 0, self._cursor(data["cursor"], sorts)
        (name,) = given
        number = _within(data[name], name, LAST_START)
        start = number * per_page if name == "page" else number
        if start > LAST_START:
            raise wrong(name, f"must not lead beyond {LAST_START} hits; use a cursor.")
        return start, None

    def _cursor(self, given: Any, sorts: Sequence[Sort]) -> Hit:
        """A place in the list, as `cursor_of` wrote it."""
        types = [int, int, *self.resource.search.key_types(sorts)]
        try:
            text = base64.b64decode(_text(given, "cursor").encode("ascii"), b"-_", validate=True)
            mark, *place = msgspec.json.decode(text, type=list[Any])
        except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError, ValueError):
            mark, place = None, []
        if mark != _mark(sorts) or len(place) != len(types) - 1 or not all(map(_fits, place, types[1:])):
            raise wrong("cursor", "is none that was answered to this query.")
        return Hit(place[0], tuple(place[1:]))

    # ------------------------------------------------------------------------------------------------ attributes

    def find(self, given: Any, at: str) -> Found:
        """The attribute of `{"name": …}`. Raises Rejected."""
        name = _text(_object(given, at, "name").get("name"), f"{at}/name")
        if name.startswith(f"{CUSTOM}."):
            field = self._fields.get(name.removeprefix(f"{CUSTOM}."))
            if field is not None:
                attribute, kind = _CUSTOM.get(field.type, ("custom_text", "text"))
                path = path_to(field.key, *(("value",) if field.type in _WITH_PARTS else ()))
                return Found(name, Place(attribute, path), kind, field=field)
        word = self.resource.words.get(name)
        if word is None:
            raise wrong(f"{at}/name", f"is no attribute to search by: '{name[:80]}'.")
        place = None if word.attribute is None else Place(word.attribute)
        return Found(name, place, word.kind or (self.resource.search.kind(place) if place else "flag"), word)

    def _projection(self, given: Any) -> tuple[str, ...]:
        names = []
        for i, each in enumerate(_list(given, "query/projection", MOST_NAMES)):
            at = f"query/projection/{i}"
            name = _text(_object(each, at, "name").get("name"), f"{at}/name")
            if name not in self.resource.shown and name not in ("version", CUSTOM):
                name = self.find(each, at).name
            names.append(name)
        return tuple(dict.fromkeys(names))

    def _sort(self, given: Any, at: str) -> Sort:
        asked = _object(given, at, "attribute", "order")
        order = asked.get("order", "ascending")
        if order not in ("ascending", "descending"):
            raise wrong(f"{at}/order", "must be 'ascending' or 'descending'.")
        found = self.find(asked.get("attribute"), f"{at}/attribute")
        if found.place is None or found.kind in UNORDERED:
            raise wrong(f"{at}/attribute/name", f"is no attribute to sort by: '{found.name}'.")
        return Sort(found.place, order == "descending")

    def _aggregation(self, given: Any, at: str) -> Aggregation:
        asked = _object(given, at, "attribute", "aggregation_type")
        found = self.find(asked.get("attribute"), f"{at}/attribute")
        type_ = asked.get("aggregation_type")
        if type_ not in TYPES:
            raise wrong(f"{at}/aggregation_type", f"must be one of {', '.join(TYPES)}.")
        kind = self.resource.search.kind(found.place) if found.place else ""
        allowed = SUMMED if type_ in ("avg", "sum") else RANGED
        if found.place is None or (type_ != "count" and (kind not in allowed or found.kind == "text")):
            raise wrong(f"{at}/attribute/name", f"has no {type_}: '{found.name}'.")
        return Aggregation(found, type_)

    # --------------------------------------------------------------------------------------------------- filters

    def _node(self, given: Any, at: str, depth: int) -> Node:
        node = _object(given, at, "filter", *BRANCHES)
        self._nodes += 1
        if len(node) != 1:
            raise wrong(at, "must be exactly one of 'and', 'or', 'not' and 'filter'.")
        if depth > DEEPEST:
            raise wrong(at, f"is nested deeper than {DEEPEST} levels.")
        if self._nodes > MOST_NODES:
            raise wrong(at, f"is one of more than {MOST_NODES} nodes.")
        ((operator, inner),) = node.items()
        at = f"{at}/{operator}"
        if operator == "filter":
            return self._leaf(inner, at)
        if operator == "not":
            return Branch("none", (self._node(inner, at, depth + 1),))
        if not isinstance(inner, list):
            raise mistyped(at, "a list")
        nodes = (self._node(each, f"{at}/{i}", depth + 1) for i, each in enumerate(inner))
        return Branch(BRANCHES[operator], tuple(nodes))

    def _leaf(self, given: Any, at: str) -> Node:
        leaf = _object(given, at, "attribute", "parameter")
        found = self.find(leaf.get("attribute"), f"{at}/attribute")
        at = f"{at}/parameter"
        parameter = _object(leaf.get("parameter"), at, *PARAMETERS)
        if len(parameter) != 1:
            raise wrong(at, f"must be exactly one of {', '.join(PARAMETERS)}.")
        ((operator, value),) = parameter.items()
        return self._test(found, operator, value, f"{at}/{operator}")

    def _test(self, found: Found, operator: str, given: Any, at: str) -> Node:
        if operator == "is_null" or (operator == "eq" and given is None):
            is_null = given is None or _flag(given, at)
            absent = NEVER if found.place is None else Leaf(found.place, "absent")
            return absent if is_null else Branch("none", (absent,))
        if operator == "eq":
            return self._equal(found, [given], [at])
        if operator in ("any", "all"):
            if not isinstance(given, list):
                raise mistyped(at, "a list")
            values = _list(given, at, MOST_VALUES)
            places = [f"{at}/{i}" for i in range(len(values))]
            if operator == "any":
                return self._equal(found, values, places)
            each = [self._equal(found, [value], [place]) for value, place in zip(values, places, strict=True)]
            return Branch("all", tuple(each))
        if operator == "range":
            return self._range(found, given, at)
        if found.kind not in ("text", "folded") or found.place is None or (found.word and found.word.equals):
            raise wrong(at, f"does not go with '{found.name}'.")
        text = _text(given, at)
        if not text:
            raise wrong(at, "must not be empty.")
        text = search_key(text) if found.kind == "folded" else text
        return self.resource.search.text_leaf(found.place, TEXTS[operator], text)

    def _equal(self, found: Found, given: Sequence[Any], at: Sequence[str]) -> Node:
        """Whether an attribute has one of some values, or holds one of them."""
        self._values += len(given)
        if self._values > MOST_VALUES_IN_ALL:
            raise wrong(at[-1], f"is one of more than {MOST_VALUES_IN_ALL} values.")
        if found.kind in SPANS:
            spans = [self._span(found, value, place) for value, place in zip(given, at, strict=True)]
            return Branch("any", tuple(_between(_placed(found), *span) for span in spans))
        values = [SCALARS[found.kind](value, place) for value, place in zip(given, at, strict=True)]
        if found.word is not None and found.word.equals is not None:
            return found.word.equals(self.tx, values)
        if found.kind in LISTS:
            members = filter(None, (self._member(found, value) for value in values))
            return Branch("any", tuple(Leaf(_placed(found), "holds", (each,)) for each in members))
        if found.kind == "choice":
            values = [str(each) for value in values if (each := _option(found, value)) is not None]
        return Leaf(_placed(found), "among", tuple(values)) if values else NEVER

    def _member(self, found: Found, name: str) -> str | None:
        """A tag or an option as lists hold it."""
        if found.kind == "names":
            return f",{msgspec.json.encode(name).decode()},"
        member = self._labels.get(name) if found.kind == "ids" else _option(found, name)
        return None if member is None else f",{member},"

    def _range(self, found: Found, given: Any, at: str) -> Node:
        bounds = _object(given, at, *BOUNDS)
        kind = found.kind
        if kind in UNORDERED or kind == "flag" or found.place is None or (found.word and found.word.equals):
            raise wrong(at, f"does not go with '{found.name}'.")
        if not bounds:
            raise wrong(at, f"must have one of {', '.join(BOUNDS)}.")
        place, tests = found.place, list[Node]()
        for name, value in bounds.items():
            if kind not in SPANS:
                tests.append(Leaf(place, BOUNDS[name], (SCALARS[kind](value, f"{at}/{name}"),)))
                continue
            first, beyond = self._span(found, value, f"{at}/{name}")
            bound = first if name in ("gte", "lt") else beyond
            tests.append(Leaf(place, "from" if name in ("gt", "gte") else "below", (bound,)))
        return Branch("all", tuple(tests))

    def _span(self, found: Found, given: Any, at: str) -> tuple[int, int]:
        """What is shown as a value: from the first to before the second."""
        if found.kind == "amount":
            try:
                amount = read_decimal(given)
            except TypeError:
                raise mistyped(at, "a number") from None
            except Invalid as error:
                raise wrong(at, f"{error.reason}.") from None
            return amount - HALF_A_CENT, amount + HALF_A_CENT
        text = _text(given, at)
        try:
            if found.kind == "date":
                return _whole_day(read_date(text), "UTC")
            if len(text) == 10:
                return _whole_day(read_date(text), self._zone)
            moment = datetime.fromisoformat(text)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self._zone))
            second = whole_second(instant(aware.astimezone(UTC)))
        except (ValueError, OverflowError):
            raise wrong(at, "must be a timestamp such as 2026-03-09T10:00:00Z.") from None
        return second, second + SECOND


def _placed(found: Found) -> Place:
    assert found.place is not None
    return found.place


def _whole_day(day: Day, zone: str) -> tuple[Instant, Instant]:
    begin = start_of(day, zone)
    if begin > LATEST - 2 * DAY:
        return begin, Instant(begin + DAY)
    return begin, start_of(Day((date.fromisoformat(day) + timedelta(days=1)).isoformat()), zone)


def _between(place: Place, first: int, beyond: int) -> Node:
    return Branch("all", (Leaf(place, "from", (first,)), Leaf(place, "below", (beyond,))))


def _option(found: Found, name: str) -> int | None:
    options = found.field.options if found.field else ()
    return next((option.id for option in options if option.label == name), None)


def _within(given: Any, at: str, most: int) -> int:
    number = _integer(given, at)
    if not 0 <= number <= most:
        raise wrong(at, f"must be between 0 and {most}.")
    return number


def _mark(sorts: Sequence[Sort]) -> int:
    """Tells the cursors of one order from those of another."""
    return crc32(repr([tuple(sort) for sort in sorts]).encode())


def _fits(value: Any, type_: type) -> bool:
    if type_ is float and type(value) is int:
        return True
    if type_ is int and type(value) is int:
        return -INT64 <= value <= INT64
    return type(value) is type_ and not (isinstance(value, str) and "\0" in value)


def cursor_of(sorts: Sequence[Sort], hit: Hit) -> str:
    """The place behind a hit, for clients to send back."""
    return base64.urlsafe_b64encode(msgspec.json.encode([_mark(sorts), hit.id, *hit.keys])).decode()
