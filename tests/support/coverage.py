"""Which of the vendors' calls this server answers: the contract's lists of routes beside the route tables.

`python -m tests.support.coverage` writes docs/coverage.md.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from dealflow.board.routes import TABLES as BOARD
from dealflow.dialects.routes import TABLES
from dealflow.wire import Route

HERE: Final = Path(__file__).parents[2]
TESTS: Final = HERE / "tests" / "contract"
CONTRACTS: Final = {name: TESTS / f"routes-{name.lower()}.csv" for name in ("Pipedrive", "Sell")}
PAGE: Final = HERE / "docs" / "coverage.md"
# These call every route there is, by construction.
EVERY_ROUTE: Final = (
    "test_attributes",
    "test_bad_input",
    "test_isolation",
    "test_roles",
    "test_strictness",
)

BATCHES: Final = {
    1: "Pipelines, stages, deals, people, fields, users",
    2: "Zendesk Sell",
    3: "Statistics of pipelines",
    4: "Everything else",
}


class Row(NamedTuple):
    """One call of the contract. `path` as the contract writes it; `batch` says in which order calls are built."""

    vendor: str
    version: str
    method: str
    path: str
    cost: int
    scopes: tuple[str, ...]
    section: str
    batch: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.vendor, self.version, self.method, nameless(self.path)


def nameless(path: str) -> str:
    """A path without the names of its parameters, which are nobody's business."""
    return re.sub(r"\{\w+\}", "{}", path)


def read_contract() -> list[Row]:
    """The calls, in the order of the lists."""
    return [row for vendor, path in CONTRACTS.items() for row in _read(vendor, path)]


def _read(vendor: str, path: Path) -> Iterable[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            version = row["version"]
            yield Row(
                vendor,
                version,
                row["method"],
                row["path"].removeprefix(f"/{version}") if vendor == "Sell" else row["path"],
                int(row.get("cost") or 0),
                tuple((row["scopes"] or "").split()),
                row["section"],
                int(row["batch"]),
            )


def served() -> dict[tuple[str, str, str, str], Route]:
    """The routes of the program by vendor, version, method and path."""
    found = {}
    for table in TABLES:
        surface, _, version = table.dialect.name.rpartition("-")
        for route in table:
            found[surface.capitalize(), version, route.method, nameless(route.path)] = route
    return found


@cache
def _sources() -> Mapping[str, str]:
    """The tests of the contracts, by the names of their modules; those that call everything are told apart."""
    paths = sorted(path for path in TESTS.rglob("test_*.py") if "node_modules" not in path.parts)
    return {
        str(path.relative_to(TESTS).with_suffix("")): path.read_text(encoding="utf-8")
        for path in paths
        if path.stem not in EVERY_ROUTE
    }


def tests_of(row: Row) -> list[str]:
    """The modules of a vendor's tests that call a route: they name all words of its path."""
    words = [re.compile(rf"\b{re.escape(part)}\b") for part in row.path.strip("/").split("/") if part[:1] != "{"]
    return [
        name
        for name, source in _sources().items()
        if (name == "test_both" or name.startswith("sell/") == (row.vendor == "Sell"))
        and all(word.search(source) for word in words)
    ]


def page() -> str:
    """The page, whole."""
    rows, routes = read_contract(), served()
    lines = [
        "# What is covered",
        "",
        "Written by `python -m tests.support.coverage` from the route tables, the lists of the contracts and",
        "the tests. Paths omit the prefix: for Pipedrive `/v1` or `/api/v1`, and `/api/v2`; for Sell `/v2`, `/v3`.",
        "Costs are in API tokens. Tests are modules of `tests/contract` that name the words of a path; these call",
        f"every route: {', '.join(f'`{each}`' for each in EVERY_ROUTE)}.",
        "",
        "| Batch | Calls | Answered |",
        "|---|---|---|",
        *(_summary(batch, rows, routes) for batch in sorted({row.batch for row in rows})),
        "",
    ]
    for batch, found in groupby(sorted(rows, key=lambda row: row.batch), key=lambda row: row.batch):
        lines += [
            f"## Batch {batch}: {BATCHES[batch]}",
            "",
            "| | Call | Cost | Contract | Tests |",
            "|---|---|---|---|---|",
        ]
        lines += [_line(row, is_served=row.key in routes) for row in found]
        lines.append("")
    lines += [
        "## The board's own",
        "",
        "No vendor has these; their tests are in `tests/board`.",
        "",
        "| Call | Scopes |",
        "|---|---|",
        *(f"| `{each.method} /board{each.path}` | {', '.join(each.scopes)} |" for table in BOARD for each in table),
        "",
    ]
    return "\n".join(lines)


def _summary(batch: int, rows: Iterable[Row], routes: Mapping[tuple[str, str, str, str], Route]) -> str:
    answered = [row.key in routes for row in rows if row.batch == batch]
    return f"| {batch}: {BATCHES[batch]} | {len(answered)} | {sum(answered)} |"


def _line(row: Row, *, is_served: bool) -> str:
    tests = ", ".join(name.replace("test_", "") for name in tests_of(row)) if is_served else ""
    call = f"{row.version} `{row.method} {row.path}`"
    return f"| {'yes' if is_served else 'no'} | {call} | {row.cost or ''} | {row.section} | {tests} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
