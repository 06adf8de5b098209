"""Starting on a filled database, and memory at rest."""

import time
from statistics import median
from typing import Final

from bench import load
from bench.company import company
from bench.figure import Figure, Found, Scale
from bench.process import dealflow

STARTS: Final = 8
BASELINE: Final = (
    "`dealflow serve` on a company of 10,000 open deals, from the start of the process until the ready file is there, "
    "median; the first start, which may have to compile modules, does not count. Memory is what is resident (`VmRSS`) "
    "one second later, nobody having asked anything."
)


def measure(scale: Scale) -> Found:
    """Seconds until ready and resident memory."""
    filled = company(scale.folder / "start.db")
    starts, cpu, at_rest, after = [], [], [], 0.0
    for n in range(STARTS):
        with dealflow(filled) as server:
            starts.append(server.started_s)
            cpu.append(sum(server.cpu_s()))
            time.sleep(1)
            at_rest.append(server.resident_mb())
            if n == STARTS - 1:
                load.run(server, "/api/v2/deals?limit=100", filled.token, scale.seconds)
                after = server.resident_mb()
    found = Found("Start and memory", BASELINE)
    found.figures += [
        Figure("server start on a filled database", median(starts[1:]), 1.0, "s"),
        Figure("memory at rest", median(at_rest), 120.0, "MB"),
    ]
    found.raw.append(
        f"Starts: {', '.join(f'{each:.2f}' for each in starts)} s; CPU time of a start {median(cpu[1:]):.2f} s. "
        f"Memory after {scale.seconds} s of 32 clients reading pages of 100 deals: {after:.0f} MB."
    )
    return found
