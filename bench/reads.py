"""Small reads against the ceiling, and Sell's against Pipedrive's."""

from contextlib import ExitStack
from statistics import median
from typing import Final, NamedTuple

from bench import load
from bench.beside import METHOD, compare
from bench.company import company
from bench.figure import Figure, Found, Scale, table
from bench.load import Load
from bench.process import ceiling, dealflow, fetch

PIPELINES: Final = "/api/v2/pipelines"
SELL: Final = "/v2/pipelines"
TARGETS: Final = {
    "/api/v2/stages/1": ("one stage by id, v2", 60.0),
    PIPELINES: ("list of pipelines, v2", 60.0),
    SELL: ("list of pipelines, Zendesk Sell", 60.0),
    "/api/v2/pipelines/1": ("one pipeline by id, v2, with its summary", 50.0),
}
SECONDS: Final = 1
ROUNDS_FOR_ONE: Final = 3
TURNS: Final = 100
BASELINE: Final = (
    "The ceiling is uvicorn (uvloop, httptools, no access log) with an ASGI application that sends a fixed body of the "
    "same size. Ceiling and server take turns, a second each, under `wrk -t1 -c32`; the figure is the median of the "
    "rounds' ratios of requests/s. The ratio of CPU time a request, which other programs on the machine disturb less, "
    f"stands beside it. {METHOD}"
)


class Pair(NamedTuple):
    """One round of a path: the ceiling, then the server."""

    top: Load
    ours: Load

    @property
    def share(self) -> float:
        return 100 * self.ours.per_second / self.top.per_second


def measure(scale: Scale) -> Found:
    """Requests/s as a share of the ceiling's."""
    filled = company(scale.folder / "reads.db")
    pairs: dict[str, list[Pair]] = {path: [] for path in TARGETS}
    sizes = {}
    with ExitStack() as stack:
        server = stack.enter_context(dealflow(filled))
        bare = {}
        for path in TARGETS:
            sizes[path] = len(fetch(server, path, filled.token))
            bare[path] = stack.enter_context(ceiling(sizes[path]))
        for _ in range(ROUNDS_FOR_ONE * scale.rounds):
            for path, runs in pairs.items():
                top = load.run(bare[path], "/", filled.token, SECONDS)
                runs.append(Pair(top, load.run(server, path, filled.token, SECONDS)))
        beside = compare(server, filled, PIPELINES, SELL, TURNS * scale.rounds)
    found = Found("Small reads", BASELINE)
    rows = []
    for path, (what, goal) in TARGETS.items():
        runs = pairs[path]
        found.figures.append(Figure(what, median(each.share for each in runs), goal, "%", "at least"))
        rows.append(
            [
                f"`{path}`",
                str(sizes[path]),
                f"{median(each.top.per_second for each in runs):,.0f}",
                f"{median(each.ours.per_second for each in runs):,.0f}",
                f"{median(each.top.total_cpu_us for each in runs):.1f}",
                f"{median(each.ours.total_cpu_us for each in runs):.1f}",
                f"{100 * median(each.top.total_cpu_us / each.ours.total_cpu_us for each in runs):.1f} %",
                ", ".join(f"{each.share:.0f}" for each in runs),
            ]
        )
    found.figures.append(Figure("CPU of the list of pipelines, Zendesk Sell against Pipedrive", beside.ratio, 1.1, "x"))
    head = ["path", "bytes", "ceiling /s", "server /s", "ceiling µs CPU", "server µs CPU", "CPU ratio", "rounds, %"]
    found.raw.append(table(head, rows))
    found.raw.append(f"The list of pipelines in turns: {beside.first_us:.1f} and {beside.second_us:.1f} µs CPU.")
    return found
