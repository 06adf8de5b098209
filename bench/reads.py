"""Small reads against the ceiling."""

from contextlib import ExitStack
from statistics import median
from typing import Final

from bench import load
from bench.company import company
from bench.figure import Figure, Found, Scale, table
from bench.process import ceiling, dealflow, fetch

TARGETS: Final = (
    ("one stage by id, v2", "/api/v2/stages/1", 60.0),
    ("list of pipelines, v2", "/api/v2/pipelines", 60.0),
    ("list of pipelines, Zendesk Sell", "/v2/pipelines", 60.0),
    ("one pipeline by id, v2, with its summary", "/api/v2/pipelines/1", 50.0),
)
BASELINE: Final = (
    "The ceiling is uvicorn (uvloop, httptools, no access log) with an ASGI application that sends a fixed body of the "
    "same size. Ceiling and server take turns under `wrk -t1 -c32`; the figure is the median of the rounds' ratios of "
    "requests/s. The ratio of CPU time a request, which other programs on the machine disturb less, stands beside it."
)


def measure(scale: Scale) -> Found:
    """Requests/s as a share of the ceiling's."""
    found = Found("Small reads", BASELINE)
    filled = company(scale.folder / "reads.db")
    rows = []
    with dealflow(filled) as server:
        for what, path, goal in TARGETS:
            body = fetch(server, path, filled.token)
            with ExitStack() as stack:
                bare = stack.enter_context(ceiling(len(body)))
                pairs = [
                    (
                        load.run(bare, "/", filled.token, scale.seconds),
                        load.run(server, path, filled.token, scale.seconds),
                    )
                    for _ in range(scale.rounds)
                ]
            share = median(100 * ours.per_second / top.per_second for top, ours in pairs)
            found.figures.append(Figure(what, share, goal, "%", "at least"))
            tops, mine = [top for top, _ in pairs], [ours for _, ours in pairs]
            rows.append(
                [
                    f"`{path}`",
                    str(len(body)),
                    f"{median(each.per_second for each in tops):,.0f}",
                    f"{median(each.per_second for each in mine):,.0f}",
                    f"{median(each.total_cpu_us for each in tops):.1f}",
                    f"{median(each.total_cpu_us for each in mine):.1f}",
                    f"{100 * median(top.total_cpu_us / ours.total_cpu_us for top, ours in pairs):.1f} %",
                    ", ".join(f"{100 * ours.per_second / top.per_second:.1f}" for top, ours in pairs),
                ]
            )
    head = ["path", "bytes", "ceiling /s", "server /s", "ceiling µs CPU", "server µs CPU", "CPU ratio", "rounds, %"]
    found.raw.append(table(head, rows))
    return found
