"""Statistics of a pipeline with a long past: one user's by index, everyone's from columns, and DuckDB beside them."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import duckdb
import msgspec
import numpy as np

from bench.company import Filled, connect, remove
from bench.figure import Figure, Found, Scale, table
from bench.history import SEED, STAGES, USERS, YEARS, company_with_past
from bench.process import Client, dealflow
from dealflow.core.time import end_of, read_day, start_of
from dealflow.storage.sqlite import SqliteConnection

REQUESTS: Final = 40
RANK: Final = "stage_id - (SELECT min(stage_id) FROM stage_entry)"
TABLES: Final = (
    (
        "deal",
        ["id", "stage", "outcome", "closed_at"],
        f"SELECT id, {RANK}, outcome, coalesce(outcome_at, 0) FROM deal WHERE deleted_at IS NULL",  # noqa: S608
    ),
    (
        "entry",
        ["deal_id", "seq", "moment", "stage"],
        f"SELECT deal_id, seq, at, {RANK} FROM stage_entry",  # noqa: S608
    ),
)
LATEST_DAYS, QUARTER_DAYS = 200, 91
BASELINE: Final = (
    f"A company of {USERS} users, one pipeline of {STAGES} stages and {YEARS} years, seed {SEED}; a quarter about half "
    "a year ago. Times are those of a request over HTTP as one client with a kept connection sees them, medians of "
    f"{REQUESTS}; the first call is the first request to a server that has just started. DuckDB has the same deals and "
    "entries in a database of its own, asked in this process: the yardstick."
)
# What `core.statistics.conversion` counts, for the deals of this company: nobody here goes elsewhere, and no stage is
# deleted.
CONVERSION: Final = """
WITH moved AS (
    SELECT deal_id, moment, stage, lag(stage) OVER (PARTITION BY deal_id ORDER BY seq) AS before FROM entry
), passed AS (
    SELECT deal_id, before AS low, stage AS high FROM moved WHERE stage > before AND moment >= $start AND moment < $end
    UNION ALL
    SELECT id, stage, $last FROM deal WHERE outcome = 'won' AND closed_at >= $start AND closed_at < $end
), forward AS (
    SELECT DISTINCT pair, deal_id FROM range($last) AS pairs(pair) JOIN passed ON low <= pair AND high > pair
), stuck AS (
    SELECT stage AS pair, id AS deal_id FROM deal
    WHERE outcome = 'lost' AND closed_at >= $start AND closed_at < $end AND stage < $last
    EXCEPT SELECT pair, deal_id FROM forward
)
SELECT
    pair,
    (SELECT count(*) FROM forward f WHERE f.pair = p.pair),
    (SELECT count(*) FROM stuck s WHERE s.pair = p.pair)
FROM range($last) AS p(pair) ORDER BY pair
"""


def measure(scale: Scale) -> Found:
    """A million stage changes."""
    return _measured(scale.folder, scale.many_deals, {"conversion, one user": 15, "movement, one user": 15}, 15, 0.5)


def measure_large(scale: Scale) -> Found:
    """Ten times as many."""
    return _measured(scale.folder, 10 * scale.many_deals, {}, 100, 5)


def _measured(folder: Path, changes: int, one_user_ms: Mapping[str, float], warm_ms: float, first_s: float) -> Found:
    begun = time.perf_counter()
    filled = company_with_past(folder / "past.db", changes)
    built_s = time.perf_counter() - begun
    last = datetime.now(UTC).date() - timedelta(days=LATEST_DAYS)
    first = last - timedelta(days=QUARTER_DAYS - 1)
    dates = f"start_date={first}&end_date={last}"
    everyone = f"/board/statistics/1?from={first}&to={last}"
    paths = {
        "conversion, one user": f"/v1/pipelines/1/conversion_statistics?{dates}&user_id=2",
        "movement, one user": f"/v1/pipelines/1/movement_statistics?{dates}&user_id=2",
        "funnel, everyone": f"{everyone}&figures=funnel",
        "movements, everyone": f"{everyone}&figures=movements",
        "all figures, everyone": everyone,
    }
    with dealflow(filled) as server:
        at_rest = server.resident_mb()
        client = Client(server, filled.token)
        first_call = _seconds(partial(client.get, paths["funnel, everyone"]))
        funnel = msgspec.json.decode(client.get(paths["funnel, everyone"]))["figures"]["funnel"]["stages"]
        times = {what: _median(partial(client.get, path)) for what, path in paths.items()}
        held = server.resident_mb()
        client.close()
    beside = _duckdb(filled, folder, first.isoformat(), last.isoformat())
    if beside.rates != [(row["converted"], row["lost"]) for row in funnel[:-1]]:
        raise RuntimeError(f"DuckDB counts {beside.rates}, the server {funnel}")
    size_mb = filled.path.stat().st_size / 2**20
    remove(filled)
    found = Found(f"Statistics of {changes:,} stage changes", BASELINE)
    ms = {what: seconds * 1e3 for what, seconds in times.items()}
    of = f"a quarter, {changes:,} stage changes"
    found.figures += [Figure(f"{what}, {of}", ms[what], goal, "ms") for what, goal in one_user_ms.items()]
    found.figures += [
        Figure(f"funnel, everyone, {of}, warm", ms["funnel, everyone"], warm_ms, "ms"),
        Figure(f"movements, everyone, {of}, warm", ms["movements, everyone"], warm_ms, "ms"),
        Figure(f"everyone, {of}, first call after start", first_call, first_s, "s"),
    ]
    rows = [[what, f"{each:.1f}"] for what, each in ms.items()]
    rows += [["DuckDB: conversion, everyone", f"{beside.seconds * 1e3:.1f}"]]
    found.raw.append(table(["", "ms"], rows))
    found.raw.append(
        f"Both count the same. Memory of the server: {at_rest:.0f} MB at rest, {held:.0f} MB with the columns. Making "
        f"the company took {built_s:.0f} s; its file has {size_mb:,.0f} MB. Loading DuckDB took "
        f"{beside.loading_s:.1f} s."
    )
    return found


class _Beside(NamedTuple):
    """What DuckDB counted, and how long a question and loading took."""

    rates: list[tuple[int, int]]
    seconds: float
    loading_s: float


def _duckdb(filled: Filled, folder: Path, first: str, last: str) -> _Beside:
    begun = time.perf_counter()
    source = connect(filled)
    with duckdb.connect(str(folder / "past.duckdb")) as db:
        db.execute("CREATE TABLE deal (id BIGINT, stage INTEGER, outcome VARCHAR, closed_at BIGINT)")
        db.execute("CREATE TABLE entry (deal_id BIGINT, seq BIGINT, moment BIGINT, stage INTEGER)")
        for name, columns, sql in TABLES:
            _copy(source, db, name, columns, sql)
        source.close()
        loading_s = time.perf_counter() - begun
        bounds = {
            "start": start_of(read_day(first, "from"), "UTC"),
            "end": end_of(read_day(last, "to"), "UTC"),
            "last": STAGES - 1,
        }
        rates = [(forward, stuck) for _, forward, stuck in db.execute(CONVERSION, bounds).fetchall()]
        return _Beside(rates, _median(lambda: db.execute(CONVERSION, bounds).fetchall()), loading_s)


def _copy(source: SqliteConnection, db: Any, name: str, columns: list[str], sql: str) -> None:
    cursor = source.raw.execute(sql)
    while rows := list(islice(cursor, 500_000)):
        arrays = dict(zip(columns, zip(*rows, strict=True), strict=True))
        piece = {each: np.array(values) for each, values in arrays.items()}  # noqa: F841  DuckDB reads it by its name
        db.execute(f"INSERT INTO {name} SELECT {', '.join(columns)} FROM piece")  # noqa: S608  no text from outside


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _median(work: Callable[[], object]) -> float:
    return median(_seconds(work) for _ in range(REQUESTS))
