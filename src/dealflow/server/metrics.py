"""Counts and times of requests, for Prometheus."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from dealflow.wire import Request

BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics(Collector):
    """Counted in plain dictionaries, turned into metrics when somebody asks."""

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._buckets = [0] * (len(BOUNDS_S) + 1)
        self._seconds = 0.0
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def count(self, request: Request, status: int, seconds: float) -> None:
        """Enter one answered request."""
        self._requests[request.method, status] += 1
        self._buckets[bisect_left(BOUNDS_S, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("dealflow_requests", "Answered requests", labels=["method", "status"])
        for (method, status), number in self._requests.items():
            requests.add_metric([method, str(status)], number)
        yield requests
        times = HistogramMetricFamily("dealflow_request_seconds", "Time from a request to its answer")
        running = 0
        buckets = []
        for bound, number in zip([*map(str, BOUNDS_S), "+Inf"], self._buckets, strict=True):
            running += number
            buckets.append((bound, float(running)))
        times.add_metric([], buckets, self._seconds)
        yield times

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
