"""Which of the vendor's calls this server answers: the contract's list of routes beside the route tables.

`python -m tests.support.coverage` writes docs/coverage.md.
"""

import csv
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from dealflow.dialects.pipedrive.routes import TABLES
from dealflow.wire import Route

HERE: Final = Path(__file__).parents[2]
CONTRACT: Final = HERE / "tests" / "contract" / "routes-pipedrive.csv"
PAGE: Final = HERE / "docs" / "coverage.md"

BATCHES: Final = {
    1: "Pipelines, stages, deals, people, fields, users",
    3: "Statistics of pipelines",
    4: "Everything else",
}


class Row(NamedTuple):
    """One call of the contract. `path` as the contract writes it; `batch` says in which order calls are built."""

    version: str
    method: str
    path: str
    cost: int
    scopes: tuple[str, ...]
    section: str
    batch: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.version, self.method, nameless(self.path)


def nameless(path: str) -> str:
    """A path without the names of its parameters, which are nobody's business."""
    return re.sub(r"\{\w+\}", "{}", path)


def read_contract(path: Path = CONTRACT) -> list[Row]:
    """The calls, in the order of the list."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(
                row["version"],
                row["method"],
                row["path"],
                int(row["cost"]),
                tuple(row["scopes"].split()),
                row["section"],
                int(row["batch"]),
            )
            for row in csv.DictReader(file)
        ]


def served() -> dict[tuple[str, str, str], Route]:
    """The routes of the program by version, method and path."""
    return {
        (table.dialect.name.rpartition("-")[2], route.method, nameless(route.path)): route
        for table in TABLES
        for route in table
    }


def page() -> str:
    """The page, whole."""
    rows, routes = read_contract(), served()
    lines = [
        "# What is covered",
        "",
        "Written by `python -m tests.support.coverage` from the route tables and the list of the contract's calls.",
        "Paths omit the prefix: `/v1` or `/api/v1` for version 1, `/api/v2` for version 2. Costs are in API tokens.",
        "",
        "| Batch | Calls | Answered |",
        "|---|---|---|",
        *(_summary(batch, rows, routes) for batch in sorted({row.batch for row in rows})),
        "",
    ]
    for batch, found in groupby(sorted(rows, key=lambda row: row.batch), key=lambda row: row.batch):
        lines += [f"## Batch {batch}: {BATCHES[batch]}", "", "| | Call | Cost | Contract |", "|---|---|---|---|"]
        lines += [_line(row, is_served=row.key in routes) for row in found]
        lines.append("")
    return "\n".join(lines)


def _summary(batch: int, rows: Iterable[Row], routes: dict[tuple[str, str, str], Route]) -> str:
    answered = [row.key in routes for row in rows if row.batch == batch]
    return f"| {batch}: {BATCHES[batch]} | {len(answered)} | {sum(answered)} |"


def _line(row: Row, *, is_served: bool) -> str:
    return f"| {'yes' if is_served else 'no'} | {row.version} `{row.method} {row.path}` | {row.cost} | {row.section} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
