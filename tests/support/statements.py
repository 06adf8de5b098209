"""The rules for statements (docs/storage.md), held against everything that runs during the tests.

`problems` looks at a statement once. `Watch` hangs in `Statement.observers`, looks at the values of each execution,
and has the partitioned PostgreSQL plan each statement once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import psycopg
from sqlalchemy import Column, Table, Tuple
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Delete, Insert, Update, UpdateBase
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    ColumnClause,
    ColumnElement,
    Grouping,
    Label,
    TextClause,
    UnaryExpression,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import CTE, Alias, CompoundSelect, FromClause, Join, Select, SelectBase, Subquery

from dealflow.storage.statement import DIALECTS, Compiled, Statement

MOST_IN_A_LIST: Final = 500
MOST_COPIES: Final = 20
CROSSES: Final = "crosses_companies"
HISTORY: Final = frozenset({"event", "stage_entry"})
UNVERSIONED: Final = frozenset({"counter", "token"})

# Time and randomness come from the program; text is folded in Python.
REFUSED: Final = frozenset(
    {"now", "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "sysdate"}
    | {"clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "random", "randomblob"}
    | {"gen_random_uuid", "uuid_generate_v4", "date", "time", "datetime", "julianday", "unixepoch", "strftime"}
    | {"lower", "upper"}
)
LIKES: Final = frozenset({operators.like_op, operators.not_like_op})
LOOSE_LIKES: Final = frozenset({operators.ilike_op, operators.not_ilike_op})
ADJACENT_LIKES: Final = frozenset(
    {operators.contains_op, operators.startswith_op, operators.endswith_op}
    | {operators.not_contains_op, operators.not_startswith_op, operators.not_endswith_op}
)


def kind_of(source: FromClause) -> str | None:
    """tenant, directory, reference or local; None for what is not a table."""
    table = source.element if isinstance(source, Alias) else source
    return table.info["kind"] if isinstance(table, Table) else None


def problems(clause: ClauseElement) -> list[str]:
    """What is wrong with a statement; empty if it keeps the rules."""
    options = clause.get_execution_options() if hasattr(clause, "get_execution_options") else {}
    found = list(_wording(clause))
    if options.get(CROSSES):
        found += _operator(clause)
    elif isinstance(clause, UpdateBase):
        found += _change(clause)
    else:
        found += _query(clause, _Outer())
    return list(dict.fromkeys(found))


# ------------------------------------------------------------------------------------------------ one company only


class _Outer:
    """The tables of the queries around a correlated one, and which of their company columns are pinned."""

    def __init__(self, sources: Iterable[FromClause] = (), pinned: Iterable[object] = ()) -> None:
        self.sources = list(sources)
        self.pinned = set(pinned)


def _query(clause: ClauseElement, outer: _Outer) -> Iterator[str]:
    if isinstance(clause, CompoundSelect):
        for each in clause.selects:
            yield from _query(each, outer)
    elif isinstance(clause, Select):
        yield from _select(clause, outer)
    elif isinstance(clause, Grouping) or hasattr(clause, "element"):
        yield from _query(clause.element, outer)
    else:
        yield f"a {type(clause).__name__} where a query was expected"


def _select(select: Select[Any], outer: _Outer) -> Iterator[str]:
    froms = [each for each in select.get_final_froms() if not any(each is known for known in outer.sources)]
    sources: list[FromClause] = []
    conditions = list(select._where_criteria)
    for each in froms or select.get_final_froms():
        _flatten(each, sources, conditions)
    pinned = _pinned(conditions, outer)
    for source in sources:
        if kind_of(source) == "tenant" and not any(_company_of(source) is each for each in pinned):
            yield f"{_name(source)} is not pinned to the company"
        elif isinstance(source, Subquery | CTE):
            yield from _query(source.element, _Outer())
    inner = _Outer([*sources, *outer.sources], [*pinned, *outer.pinned])
    for nested in _nested([*conditions, *select._raw_columns, *select._order_by_clauses, *select._having_criteria]):
        yield from _query(nested, inner)


def _change(clause: UpdateBase) -> Iterator[str]:
    table = clause.table
    assert isinstance(table, Table)
    values = _by_name(getattr(clause, "_values", None) or {})
    is_tenant = kind_of(table) == "tenant"
    if isinstance(clause, Insert):
        yield from _insert(clause, values, is_tenant=is_tenant)
        return
    assert isinstance(clause, Update | Delete)
    if is_tenant and "company_id" in values:
        yield f"{table.name}.company_id is changed"
    if table.name in HISTORY and not _ends_company(clause):
        yield f"{table.name} is only added to"
    if is_tenant and isinstance(clause, Update) and table.name not in UNVERSIONED and "version" not in values:
        yield f"{table.name} is changed without raising its version"
    sources: list[FromClause] = [table]
    conditions = list(clause._where_criteria)
    for each in _columns([*conditions, *values.values()]):
        if not any(each.table is known for known in sources):
            sources.append(each.table)
    pinned = _pinned(conditions, _Outer())
    for source in sources:
        if kind_of(source) == "tenant" and not any(_company_of(source) is each for each in pinned):
            yield f"{_name(source)} is not pinned to the company"
    for nested in _nested([*conditions, *values.values()]):
        yield from _query(nested, _Outer(sources, pinned))


def _ends_company(clause: ClauseElement) -> bool:
    """Whether all rows of a company are removed: with the company its history ends, and its doors are closed."""
    return isinstance(clause, Delete) and [_is_pin(each) for each in clause._where_criteria] == [True]


def _is_pin(condition: object) -> bool:
    sides = (condition.left, condition.right) if isinstance(condition, BinaryExpression) else (None, None)
    return (
        all(map(_is_company, sides)) and isinstance(condition, BinaryExpression) and condition.operator is operators.eq
    )


def _insert(clause: Insert, values: Mapping[str, Any], *, is_tenant: bool) -> Iterator[str]:
    table = clause.table
    several = [row for rows in clause._multi_values for row in rows if isinstance(row, dict)]
    rows: list[Mapping[str, Any]] = [*map(_by_name, several)] or [values]
    if len(rows) > MOST_IN_A_LIST:
        yield f"{len(rows)} rows in one INSERT"
    if clause.select is not None:
        yield from _query(clause.select, _Outer())
        names = list(clause._select_names or ())
        chosen = dict(zip(names, clause.select.selected_columns, strict=False))
        if is_tenant and not _is_company(chosen.get("company_id")):
            yield f"{table.name}.company_id is not selected from the company"
    else:
        for row in rows:
            if is_tenant and not _is_company(row.get("company_id")):
                yield f"{table.name}.company_id is not given by :company_id"
            if any(True for _ in _nested(value for value in row.values() if isinstance(value, ClauseElement))):
                yield "VALUES holds a query"
    conflict = clause._post_values_clause
    if conflict is not None and is_tenant:
        target = [getattr(each, "name", each) for each in getattr(conflict, "inferred_target_elements", None) or ()]
        if "company_id" not in target:
            yield "ON CONFLICT does not name company_id"
        changed = [getattr(each, "name", each) for each in getattr(conflict, "update_values_to_set", ())]
        if "company_id" in changed:
            yield f"{table.name}.company_id is changed"


def _by_name(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {getattr(column, "name", column): value for column, value in values.items()}


def _is_company(value: object) -> bool:
    """The bind parameter of the company, or a column of a table that is pinned elsewhere."""
    if isinstance(value, BindParameter):
        return value.key == "company_id"
    return isinstance(value, Column) and value.name == "company_id"


def _flatten(source: FromClause, sources: list[FromClause], conditions: list[ColumnElement[Any]]) -> None:
    """The tables under joins, and the conditions of the joins."""
    if isinstance(source, Join):
        _flatten(source.left, sources, conditions)
        _flatten(source.right, sources, conditions)
        if source.onclause is not None:
            conditions.append(source.onclause)
    else:
        sources.append(source)


def _company_of(source: FromClause) -> object:
    return source.c.company_id


def _pinned(conditions: Iterable[ColumnElement[Any]], outer: _Outer) -> list[object]:
    """The columns that equal :company_id, directly or by way of others."""
    pairs = [(_bare(each.left), _bare(each.right)) for each in _equalities(conditions)]
    pinned: list[object] = list(outer.pinned)
    grown = True
    while grown:
        grown = False
        for one, two in (*pairs, *((two, one) for one, two in pairs)):
            known = (isinstance(one, BindParameter) and one.key == "company_id") or any(one is each for each in pinned)
            if known and getattr(two, "name", None) == "company_id" and not any(two is each for each in pinned):
                pinned.append(two)
                grown = True
    return pinned


def _bare(element: object) -> object:
    while isinstance(element, Grouping | Label):
        element = element.element
    return getattr(element, "_deannotate", lambda: element)() if isinstance(element, BindParameter) else element


def _equalities(conditions: Iterable[ClauseElement]) -> Iterator[BinaryExpression[Any]]:
    """The equalities that all have to hold."""
    for each in conditions:
        if isinstance(each, Grouping):
            yield from _equalities(each.get_children())
        elif isinstance(each, BooleanClauseList) and each.operator is operators.and_:
            yield from _equalities(each.clauses)
        elif isinstance(each, BinaryExpression) and each.operator is operators.eq:
            yield each


def _nested(elements: Iterable[ClauseElement]) -> Iterator[SelectBase]:
    """The queries right under some elements, not those within these."""
    for element in elements:
        if isinstance(element, SelectBase):
            yield element
        elif not isinstance(element, FromClause):
            yield from _nested(element.get_children())


def _columns(elements: Iterable[ClauseElement]) -> Iterator[Column[Any]]:
    """The columns named outside nested queries."""
    for element in elements:
        if isinstance(element, Column):
            yield element
        elif not isinstance(element, SelectBase):
            yield from _columns(element.get_children())


def _name(source: FromClause) -> str:
    return str(getattr(source, "name", source))


def _operator(clause: ClauseElement) -> Iterator[str]:
    """A statement over all companies: a plain SELECT without locks, recursion or joins other than on company_id."""
    if not isinstance(clause, Select):
        yield "a statement over all companies must be a SELECT"
        return
    if clause._for_update_arg is not None:
        yield "a statement over all companies must not lock"
    sources: list[FromClause] = []
    conditions: list[ColumnElement[Any]] = []
    for each in clause.get_final_froms():
        _flatten(each, sources, conditions)
    if any(isinstance(each, CTE) for each in sources):
        yield "a statement over all companies must be plain"
    joined = [each for each in _equalities([*conditions, *clause._where_criteria]) if _joins_companies(each)]
    if len(joined) < len(sources) - 1:
        yield "a statement over all companies must join on company_id"


def _joins_companies(equality: BinaryExpression[Any]) -> bool:
    return getattr(equality.left, "name", None) == getattr(equality.right, "name", None) == "company_id"


# --------------------------------------------------------------------------------------------------------- wording


def _everything(element: ClauseElement, parent: ClauseElement | None = None) -> Iterator[tuple[ClauseElement, Any]]:
    yield element, parent
    children = list(element.get_children())
    if isinstance(element, Update | Insert):
        children += [each for each in (element._values or {}).values() if isinstance(each, ClauseElement)]
    for child in children:
        yield from _everything(child, element)


def _wording(clause: ClauseElement) -> Iterator[str]:
    for element, parent in _everything(clause):
        if isinstance(element, TextClause):
            yield f"text: {element.text[:60]!r}"
        elif isinstance(element, ColumnClause) and element.is_literal:
            if not (element.name.isdigit() or (element.name == "*" and _is_count(parent))):
                yield f"text: {element.name[:60]!r}"
        elif isinstance(element, FunctionElement) and element.name.lower() in REFUSED:
            yield f"{element.name}() belongs in the program"
        elif isinstance(element, BinaryExpression):
            yield from _comparison(element)
        elif isinstance(element, Select | CompoundSelect):
            yield from _page(element)


def _is_count(parent: ClauseElement | None) -> bool:
    return parent is not None and not isinstance(parent, SelectBase)


def _comparison(element: BinaryExpression[Any]) -> Iterator[str]:
    operator = element.operator
    if operator in (operators.in_op, operators.not_in_op):
        size = _list_size(element.right)
        if size > MOST_IN_A_LIST:
            yield f"{size} values in an IN list"
    elif operator in LOOSE_LIKES:
        yield "ILIKE differs between databases; compare a folded column"
    elif operator in LIKES | ADJACENT_LIKES and not element.modifiers.get("escape"):
        yield "LIKE without ESCAPE"
    elif isinstance(element.left, Tuple):
        for each in element.left.clauses:
            if isinstance(each, Column) and each.nullable:
                yield f"{each.name} is compared as a key but may be null"


def _list_size(element: object) -> int:
    if isinstance(element, BindParameter):
        return len(element.value) if element.expanding and element.value is not None else 1
    if isinstance(element, Grouping):
        return _list_size(element.element)
    return len(getattr(element, "clauses", ()))


def _page(select: Select[Any] | CompoundSelect[Any]) -> Iterator[str]:
    for each in select._order_by_clauses:
        key, said = _sort_key(each)
        if isinstance(key, Column) and key.nullable and not said:
            yield f"the order of nulls in {key.name} is not said"
    offset, limit = select._offset_clause, select._limit_clause
    if offset is not None and limit is None:
        yield "OFFSET without a LIMIT"
    if not all(part is None or _is_bound(part) or _is_number(part) for part in (offset, limit)):
        yield "LIMIT and OFFSET are bound or numbers of the program"


def _is_number(element: object) -> bool:
    return isinstance(element, ColumnClause) and element.is_literal and element.name.isdigit()


def _is_bound(element: object) -> bool:
    return isinstance(element, BindParameter) and element.value is None


def _sort_key(element: Any) -> tuple[Any, bool]:
    said = False
    while True:
        if isinstance(element, UnaryExpression):
            said = said or element.modifier in (operators.nulls_first_op, operators.nulls_last_op)
            element = element.element
        elif isinstance(element, Label | Grouping) or type(element).__name__ == "_label_reference":
            element = element.element
        else:
            return element, said


# --------------------------------------------------------------------------------------------------- while running


def _crosses(statement: Statement) -> bool:
    return bool(statement.clause.get_execution_options().get(CROSSES))


def is_for_all(statement: Statement) -> bool:
    """Whether a statement may touch every partition: the operator's, and what a company takes out of a directory."""
    clause = statement.clause
    in_directory = (
        isinstance(clause, Delete) and isinstance(clause.table, Table) and kind_of(clause.table) == "directory"
    )
    return _crosses(statement) or (
        in_directory and isinstance(clause, Delete) and any(map(_is_pin, clause._where_criteria))
    )


@cache
def _names(statement: Statement, database: str) -> Sequence[str]:
    """What is bound where, compiled apart from what runs."""
    again = statement.clause.compile(dialect=DIALECTS[database], compile_kwargs={"render_postcompile": True})
    return again.positiontup or ()


class Watch:
    """Sees each execution of the test run. `take` hands over what was found since the last time."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._seen: dict[Statement, bool] = {}
        self._copies: Counter[str] = Counter()
        self._unplanned: dict[Statement, tuple[str, Any]] = {}
        self._planned: set[str] = set()

    def __call__(self, statement: Statement, compiled: Compiled, database: str, values: Mapping[str, Any]) -> None:
        if statement not in self._seen:
            self._look(statement, compiled)
        if self._seen[statement]:
            self._check_values(statement, compiled, database, values)
        if database == "postgresql" and compiled.sql not in self._planned and not is_for_all(statement):
            self._planned.add(compiled.sql)
            self._unplanned[statement] = (compiled.sql, compiled.bind(values))

    def _look(self, statement: Statement, compiled: Compiled) -> None:
        self._seen[statement] = not _crosses(statement) and any(
            isinstance(each, BindParameter) and each.key == "company_id" for each, _ in _everything(statement.clause)
        )
        self._copies[compiled.sql] += 1
        if self._copies[compiled.sql] == MOST_COPIES:
            self._found.append(f"made anew for each use: {compiled.sql}")
        self._found += [f"{problem}: {compiled.sql}" for problem in problems(statement.clause)]

    def _check_values(self, statement: Statement, compiled: Compiled, database: str, values: Mapping[str, Any]) -> None:
        company = values.get("company_id")
        bound = compiled.bind(values)
        if isinstance(bound, tuple):
            given = {
                value for name, value in zip(_names(statement, database), bound, strict=True) if name == "company_id"
            }
        else:
            given = {bound["company_id"]}
        if not isinstance(company, int) or company < 1 or given != {company}:
            self._found.append(f"run for company {company} with {given}: {compiled.sql}")

    @property
    def awaits_plan(self) -> bool:
        return bool(self._unplanned)

    def plan(self, url: str) -> None:
        """Have a partitioned PostgreSQL explain what ran on PostgreSQL and was not explained yet."""
        waiting, self._unplanned = self._unplanned, {}
        with psycopg.connect(url, autocommit=True) as db:
            for sql, values in waiting.values():
                self._found += [f"{problem}: {sql}" for problem in touched_problems(db, sql, values)]

    def take(self) -> list[str]:
        found, self._found = self._found, []
        return found


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The SQL of what is executed meanwhile, in order."""
    found: list[str] = []

    def record(_: Statement, compiled: Compiled, *__: object) -> None:
        found.append(compiled.sql)

    Statement.observers.append(record)
    try:
        yield found
    finally:
        Statement.observers.remove(record)


def touched_problems(db: psycopg.Connection[Any], sql: str, values: Any) -> list[str]:
    """Tables of which the plan of a statement touches more than one partition."""
    row = db.execute("EXPLAIN (FORMAT JSON) " + sql, values).fetchone()
    assert row is not None
    touched: dict[str, set[str]] = {}
    for name in _relations(row[0][0]["Plan"]):
        table, _, part = name.partition("_part_")
        if part:
            touched.setdefault(table, set()).add(part)
    return [f"{table} is read in {len(parts)} partitions" for table, parts in touched.items() if len(parts) > 1]


def _relations(node: Mapping[str, Any]) -> Iterator[str]:
    if "Relation Name" in node:
        yield node["Relation Name"]
    for each in node.get("Plans", ()):
        yield from _relations(each)
