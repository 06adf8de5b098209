"""How long reads take while others write."""

from statistics import median
from typing import Final

from bench import load
from bench.company import Filled, company
from bench.figure import Figure, Found, Scale, table
from bench.load import Load
from bench.moves import SCRIPT
from bench.process import Server, dealflow

PATH: Final = "/api/v2/deals/1"
BASELINE: Final = (
    f"`wrk -t1 -c32 --latency` reads `{PATH}`, with and without a second wrk whose 32 clients move deals (`move.lua`), "
    "in turns on the same server. The figure is the median of the rounds' ratios of p99. With 32 readers the server is "
    "saturated already, so the same with one reader stands beside it."
)


def measure(scale: Scale) -> Found:
    """p99 of reads beside writers as a multiple of p99 without."""
    filled = company(scale.folder / "latency.db")
    rows = []
    ratios: dict[int, float] = {}
    with dealflow(filled) as server:
        for clients in (load.CLIENTS, 1):
            pairs = [_pair(server, filled, clients, scale.seconds) for _ in range(scale.rounds)]
            ratios[clients] = median(busy.p99_ms / calm.p99_ms for calm, busy in pairs)
            for what, runs in (
                ("without writers", [calm for calm, _ in pairs]),
                ("beside writers", [busy for _, busy in pairs]),
            ):
                p50, p99 = median(run.p50_ms for run in runs), median(run.p99_ms for run in runs)
                rate = median(run.per_second for run in runs)
                rounds = ", ".join(f"{run.p99_ms:.2f}" for run in runs)
                rows.append([f"{clients} readers {what}", f"{rate:,.0f}", f"{p50:.2f}", f"{p99:.2f}", rounds])
    found = Found("Reads beside writers", BASELINE)
    found.figures.append(Figure("p99 of reads while 32 clients write", ratios[load.CLIENTS], 3.0, "x"))
    found.raw.append(table(["", "reads/s", "p50 ms", "p99 ms", "p99 of the rounds, ms"], rows))
    found.raw.append(f"With one reader the ratio of p99 is {ratios[1]:.2f}.")
    return found


def _pair(server: Server, filled: Filled, clients: int, seconds: int) -> tuple[Load, Load]:
    calm = load.run(server, PATH, filled.token, seconds, clients=clients)
    with load.beside(server, filled.token, seconds + 5, SCRIPT):
        busy = load.run(server, PATH, filled.token, seconds, clients=clients)
    return calm, busy
