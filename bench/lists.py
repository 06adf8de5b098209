"""The first page of a list in a large company against a small one."""

import time
from statistics import median
from typing import Final

from bench.company import company_of_many, remove
from bench.figure import Figure, Found, Scale, table
from bench.process import Client, dealflow

FEW: Final = 1_000
REQUESTS: Final = 60
LISTS: Final = {
    "all": "/api/v2/deals?limit=100",
    "newest change first": "/api/v2/deals?limit=100&sort_by=update_time&sort_direction=desc",
    "oldest first": "/api/v2/deals?limit=100&sort_by=add_time",
    "of a pipeline": "/api/v2/deals?limit=100&pipeline_id=1",
    "open, of a stage": "/api/v2/deals?limit=100&stage_id=2&status=open",
    "of an owner": "/api/v2/deals?limit=100&owner_id=2",
    "of an owner, newest change first": "/api/v2/deals?limit=100&owner_id=2&sort_by=update_time&sort_direction=desc",
    "version 1": "/v1/deals?limit=100",
}
UNKIND: Final = {
    "won, of which there are none": "/api/v2/deals?limit=100&status=won",
    "lost, of a pipeline, none": "/api/v2/deals?limit=100&status=lost&pipeline_id=1",
    "archived, of which there are none": "/api/v2/deals/archived?limit=100",
    "version 1 by title": "/v1/deals?limit=100&sort=title",
    "version 1 by value, highest first": "/v1/deals?limit=100&sort=value%20DESC",
}
BASELINE: Final = (
    "The same requests, in turns, to two servers: one on a company with many deals, one on a company with 1,000. Time "
    "of a request as one client with a kept connection sees it, medians. The deals are inserted in one go, without "
    "events. The figure is that of the slowest list; the second table, which does not count, has lists that no index "
    "serves well."
)


def measure(scale: Scale) -> Found:
    """Time of the first page at many deals as a multiple of that at few."""
    begun = time.perf_counter()
    many = company_of_many(scale.folder / "many.db", scale.many_deals)
    built_s = time.perf_counter() - begun
    few = company_of_many(scale.folder / "few.db", FEW)
    with dealflow(many) as large, dealflow(few) as small:
        clients = Client(large, many.token), Client(small, few.token)
        kind, unkind = (
            [(what, path, *_times(clients, path, scale.seconds)) for what, path in lists.items()]
            for lists in (LISTS, UNKIND)
        )
        for client in clients:
            client.close()
    size_mb = many.path.stat().st_size / 2**20
    remove(many, few)
    found = Found("First page of a list", BASELINE)
    what = f"first page of a list at {scale.many_deals:,} deals against {FEW:,}"
    found.figures.append(Figure(what, max(slow / quick for _, _, slow, quick in kind), 2.0, "x"))
    head = ["list", "path", f"ms at {scale.many_deals:,}", f"ms at {FEW:,}", "ratio"]
    for timed in (kind, unkind):
        rows = [
            [what, f"`{path}`", f"{slow * 1e3:.2f}", f"{quick * 1e3:.2f}", f"{slow / quick:.2f}"]
            for what, path, slow, quick in timed
        ]
        found.raw.append(table(head, rows))
    found.raw.append(f"Filling the large company took {built_s:.0f} s; its file has {size_mb:,.0f} MB.")
    return found


def _times(clients: tuple[Client, Client], path: str, seconds: float) -> tuple[float, float]:
    """Median seconds of a request to each of the two, asked in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REQUESTS):
        for client, taken in zip(clients, times, strict=True):
            sent = time.perf_counter()
            client.get(path)
            taken.append(time.perf_counter() - sent)
        if sum(times[0]) > seconds:
            break
    return median(times[0]), median(times[1])
