"""Values inside JSON documents, the same on SQLite and PostgreSQL, and the conditions and orders made of them."""

from collections.abc import Mapping
from itertools import product
from typing import Any, Final

from sqlalchemy import ColumnElement, Double, Text, bindparam, case, cast, func, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

MOST_FILTERS: Final = 5
MOST_SORTS: Final = 3
CAPITALS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Clause = ColumnElement[Any]
PATH: Final = "path"


class json_text(FunctionElement[str]):  # noqa: N801  named as functions of SQL are
    """The text of the value at a path (`path_to`) of a JSON document; null if there is none."""

    inherit_cache = True
    name = "json_text"
    type = Text()


@compiles(json_text)
def _json_text(element: json_text, compiler: SQLCompiler, **more: Any) -> str:
    document, path = (compiler.process(each, **more) for each in element.clauses)
    return f"CAST(json_extract({document}, {path}) AS TEXT)"


@compiles(json_text, "postgresql")
def _json_text_on_postgresql(element: json_text, compiler: SQLCompiler, **more: Any) -> str:
    document, path = (compiler.process(each, **more) for each in element.clauses)
    return f"(jsonb_path_query_first(CAST({document} AS JSONB), CAST({path} AS JSONPATH)) #>> '{{}}')"


class without_case(FunctionElement[str]):  # noqa: N801  as above
    """A text to sort by, of which no folded key is kept: the 26 letters that every database knows count as equal."""

    inherit_cache = True
    name = "without_case"
    type = Text()


@compiles(without_case)
def _without_case(element: without_case, compiler: SQLCompiler, **more: Any) -> str:
    return f"{compiler.process(element.clauses, **more)} COLLATE NOCASE"


@compiles(without_case, "postgresql")
def _without_case_on_postgresql(element: without_case, compiler: SQLCompiler, **more: Any) -> str:
    return f"translate({compiler.process(element.clauses, **more)}, '{CAPITALS}', '{CAPITALS.lower()}')"


def path_to(*keys: str | int) -> str:
    """The path of the value under these keys, one within the other; a number is a place in a list."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f'."{key}"' for key in keys)


def text_at(document: Clause, *keys: str | int) -> Clause:
    """The text at a fixed path."""
    return json_text(document, literal(path_to(*keys), Text()))


def _bound(name: str) -> Clause:
    return bindparam(name, type_=Text())


# --------------------------------------------------------------------------------------------------- custom fields
#
# A request may filter and sort by several fields, whose places in the document are bound. Slots keep their parameters
# apart. A name may belong to two fields that exclude each other, one of persons, one of organizations: sides a and b.


def _is_text(document: Clause, name: str) -> Clause:
    """Equal to a text, or to the id of an option."""
    return json_text(document, _bound(f"{name}_path")) == _bound(f"{name}_value")


def _is_number(document: Clause, name: str) -> Clause:
    number: Clause = cast(json_text(document, _bound(f"{name}_path")), Double())
    return number == bindparam(f"{name}_value", type_=Double())


def _has_member(document: Clause, name: str) -> Clause:
    """A list of ids holds one, given as the pattern `%,7,%`."""
    members: Clause = json_text(document, _bound(f"{name}_path"))
    for written, kept in ((" ", ""), ("[", ","), ("]", ",")):
        members = func.replace(members, written, kept)
    return members.like(_bound(f"{name}_value"), escape="\\")


FILTERS: Final = {"text": _is_text, "number": _is_number, "member": _has_member}
"""How the value of a field is compared."""


def custom_conditions(document: Clause, *, two_fields: bool = False) -> dict[str, ColumnElement[bool]]:
    """`custom_0_text` compares one field in the first slot, with `two_fields` `custom_0_text_number` either of two.

    They take `custom_0_a_path` and `custom_0_a_value`, for the second field `custom_0_b_path` and `custom_0_b_value`.
    """
    made: dict[str, ColumnElement[bool]] = {}
    for slot in range(MOST_FILTERS):
        name = f"custom_{slot}"
        one = {kind: compare(document, f"{name}_a") for kind, compare in FILTERS.items()}
        made.update({f"{name}_{kind}": clause for kind, clause in one.items()})
        if two_fields:
            other = {kind: compare(document, f"{name}_b") for kind, compare in FILTERS.items()}
            made.update({f"{name}_{a}_{b}": or_(one[a], other[b]) for a, b in product(FILTERS, FILTERS)})
    return made


def custom_orders(document: Clause) -> dict[str, Clause]:
    """`custom_0_text`, `custom_0_number` and `custom_0_choice` with the flags of rows that have none, `no_custom_0_…`.

    They take `sort_0_a_path` and `sort_0_b_path`, the second None unless there are two fields; a choice, which is the
    id of an option, takes also `sort_0_names`: a JSON object of what ids sort as.
    """
    made: dict[str, Clause] = {}
    for slot in range(MOST_SORTS):
        text = func.coalesce(*(json_text(document, _bound(f"sort_{slot}_{side}_path")) for side in "ab"))
        name = json_text(_bound(f"sort_{slot}_names"), literal('$."', Text()) + text + literal('"', Text()))
        keys = {
            "text": (text, without_case(func.coalesce(text, ""))),
            "number": (text, func.coalesce(cast(text, Double()), 0)),
            "choice": (name, func.coalesce(name, "")),
        }
        for kind, (value, key) in keys.items():
            made[f"custom_{slot}_{kind}"] = key
            made[f"no_custom_{slot}_{kind}"] = case((value.is_(None), 1), else_=0)
    return made


def sort_values(slot: int, paths: list[str], names: str = "{}") -> Mapping[str, Any]:
    """What the orders of a slot take."""
    first, second = (*paths, None)[:2]
    return {f"sort_{slot}_a_path": first, f"sort_{slot}_b_path": second, f"sort_{slot}_names": names}
