"""A page of 100 deals against the bare read and encode of the same rows."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final

import msgspec

from bench import load
from bench.beside import METHOD, compare
from bench.company import company, connect
from bench.figure import Figure, Found, Scale, table
from bench.process import dealflow, fetch
from bench.record import Recorder, Step
from dealflow.dialects.pipedrive.v2.deals import DealOut

PATH: Final = "/api/v2/deals?limit=100"
SELL: Final = "/v2/deals?per_page=100"
TURNS: Final = 10
BASELINE: Final = (
    "In one Python process: the list's own SQL on the driver, each of its rows with its values as they are into the "
    "reply's msgspec struct, and msgspec's encoding of them; CPU time by `time.process_time`. The server's CPU time a "
    "request is that of its process by `/proc/<pid>/stat` under one `wrk -t1 -c1` client, kernel time included. "
    f"{METHOD}"
)
_encode = msgspec.json.Encoder().encode


def _cpu_us(work: Callable[[], object], seconds: float) -> float:
    """CPU time of one run of `work`, repeated for so many seconds."""
    begun, until, runs = time.process_time(), time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        work()
        runs += 1
    return (time.process_time() - begun) * 1e6 / runs


def _deal_out(row: tuple[Any, ...]) -> DealOut:
    """A row in the reply's shape, nothing worked out: as many values as there are, where they happen to fall."""
    return DealOut(*row, *_rest[len(row) :])


_rest: Final = (None,) * sum(field.required for field in msgspec.structs.fields(DealOut))


def measure(scale: Scale) -> Found:
    """The server's CPU time a page as a multiple of the bare one."""
    filled = company(scale.folder / "pages.db")
    recorder = Recorder(filled)
    step = next(step for step in recorder.steps("GET", PATH) if " FROM deal " in step.sql.replace("\n", " "))
    recorder.db.close()
    db = connect(filled)
    rows = db.raw.execute(*step).fetchall()[:100]
    made = [_deal_out(row) for row in rows]
    ours, bare, sql = [], [], []
    with dealflow(filled) as server:
        size = len(fetch(server, PATH, filled.token))
        for _ in range(scale.rounds):
            ours.append(load.run(server, PATH, filled.token, scale.seconds, clients=1))
            bare.append(_cpu_us(lambda: _bare(db.raw, step), scale.seconds / 2))
            sql.append(_cpu_us(lambda: db.raw.execute(*step).fetchall(), scale.seconds / 2))
        beside = compare(server, filled, PATH, SELL, TURNS * scale.rounds)
    db.close()
    struct_us = _cpu_us(lambda: [_deal_out(row) for row in rows], scale.seconds / 4)
    encode_us = _cpu_us(lambda: _encode({"success": True, "data": made}), scale.seconds / 4)
    ratio = median(each.total_cpu_us / base for each, base in zip(ours, bare, strict=True))
    figures = [
        Figure("CPU of a page of 100 deals, v2", ratio, 1.6, "x"),
        Figure("CPU of a page of 100 deals, Zendesk Sell against Pipedrive", beside.ratio, 1.1, "x"),
    ]
    found = Found("A page of 100 deals, v2", BASELINE, figures)
    user, kernel = (median(each.cpu_us[i] for each in ours) for i in range(2))
    found.raw.append(
        table(
            ["", "µs CPU a page"],
            [
                [f"server ({size:,} bytes)", f"{median(each.total_cpu_us for each in ours):,.0f}"],
                ["… in user code", f"{user:,.0f}"],
                ["… in the kernel", f"{kernel:,.0f}"],
                ["bare", f"{median(bare):,.0f}"],
                [f"… of it SQL ({100 * median(sql) / median(bare):.0f} %)", f"{median(sql):,.0f}"],
                ["… of it structs", f"{struct_us:,.0f}"],
                ["… of it encoding", f"{encode_us:,.0f}"],
                ["server, in turns with Sell", f"{beside.first_us:,.0f}"],
                ["the same deals by Sell, in turns", f"{beside.second_us:,.0f}"],
                ["rounds", ", ".join(f"{o.total_cpu_us / b:.2f}" for o, b in zip(ours, bare, strict=True))],
            ],
        )
    )
    return found


def _bare(raw: Any, step: Step) -> bytes:
    rows = raw.execute(*step).fetchall()
    return _encode({"success": True, "data": [_deal_out(row) for row in rows[:100]]})
