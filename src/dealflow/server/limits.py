"""The vendor's limits, for rehearsal: a burst per token and a daily budget per company (contract 4.1 to 4.3).

Counted in this process's memory on a monotonic clock; a restart begins a new window and a new day.
"""

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol

from dealflow.server.config import Config
from dealflow.wire import OverLimit, Route

WINDOW_S: Final = 2
SEARCH_BURST: Final = 10
TOKENS_A_SEAT: Final = 30_000
COST_OF_A_WRITE: Final = 10


class Plan(NamedTuple):
    """Requests per window and token, and the multiplier of the daily budget."""

    burst: int
    multiplier: int


PLANS: Final = {
    "lite": Plan(20, 1),
    "growth": Plan(40, 2),
    "premium": Plan(100, 5),
    "ultimate": Plan(120, 7),
}


class Limiter(Protocol):
    """Counts the calls of a surface."""

    def charge(
        self, company_id: int, token: str, route: Route, seats: Callable[[], int]
    ) -> tuple[tuple[bytes, bytes], ...]:
        """Count one call; the headers to send with its answer. Raises OverLimit."""
        ...


class Limited(OverLimit):
    """Over a limit; carries the headers that say which."""

    def __init__(self, retry_after_s: int, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        super().__init__(retry_after_s)
        self.headers = headers


def _utc() -> datetime:
    return datetime.now(UTC)


class Limits:
    """Counts what each token and each company uses."""

    def __init__(
        self,
        plan: Plan,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = _utc,
    ) -> None:
        self.plan = plan
        self._clock = clock
        self._today = today
        self._lock = threading.Lock()
        self._calls: defaultdict[tuple[str, bool], deque[float]] = defaultdict(deque)
        self._spent: defaultdict[int, int] = defaultdict(int)
        self._budgets: dict[int, int] = {}
        self._day = ""

    def charge(
        self, company_id: int, token: str, route: Route, seats: Callable[[], int]
    ) -> tuple[tuple[bytes, bytes], ...]:
        """Count one call; the headers to send with its answer. Raises Limited.

        `seats` is asked once a day for the number of users the company's budget is counted for.
        """
        is_search = route.path.endswith(("/search", "/find"))
        limit = min(self.plan.burst, SEARCH_BURST) if is_search else self.plan.burst
        now, today = self._clock(), self._today()
        with self._lock:
            if today.date().isoformat() != self._day:
                self._day = today.date().isoformat()
                self._spent.clear()
                self._budgets.clear()
            if company_id not in self._budgets:
                self._budgets[company_id] = TOKENS_A_SEAT * self.plan.multiplier * max(1, seats())
            budget = self._budgets[company_id]
            calls = self._calls[token, is_search]
            while calls and calls[0] <= now - WINDOW_S:
                calls.popleft()
            reset_s = max(1, math.ceil(calls[0] + WINDOW_S - now)) if calls else WINDOW_S
            left = budget - self._spent[company_id]
            if len(calls) >= limit:
                raise Limited(reset_s, _headers(limit, 0, reset_s, budget, max(left, 1)))
            if left < route.cost:
                midnight = datetime.combine(today.date() + timedelta(days=1), datetime.min.time(), UTC)
                until = max(1, math.ceil((midnight - today).total_seconds()))
                raise Limited(until, _headers(limit, max(1, limit - len(calls)), reset_s, budget, 0))
            calls.append(now)
            self._spent[company_id] += route.cost
            return _headers(limit, limit - len(calls), reset_s, budget, left - route.cost)


class Rate:
    """So many calls a second for each token, saved up for a second at the most (Sell, contract 1.8)."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def charge(
        self, company_id: int, token: str, route: Route, seats: Callable[[], int]
    ) -> tuple[tuple[bytes, bytes], ...]:
        """Count one call. Raises OverLimit."""
        now = self._clock()
        with self._lock:
            left, then = self._left.get(token, (float(self.per_second), now))
            left = min(self.per_second, left + (now - then) * self.per_second)
            if left < 1:
                raise OverLimit(1)
            self._left[token] = (left - 1, now)
        return ()


def limiters(config: Config) -> dict[str, Limiter]:
    """The limits that the settings ask for, by surface."""
    found: dict[str, Limiter] = {}
    if config.plan:
        found["pipedrive"] = Limits(PLANS[config.plan])
    if config.sell_rate:
        found["sell"] = Rate(config.sell_rate)
    return found


def _headers(limit: int, remaining: int, reset_s: int, budget: int, left: int) -> tuple[tuple[bytes, bytes], ...]:
    pairs = (
        (b"X-RateLimit-Limit", limit),
        (b"X-RateLimit-Remaining", remaining),
        (b"X-RateLimit-Reset", reset_s),
        (b"X-Daily-RateLimit-Token-Limit", budget),
        (b"X-Daily-RateLimit-Token-Remaining", left),
        (b"X-Daily-Requests-Left", left // COST_OF_A_WRITE),
    )
    return tuple((name, str(value).encode()) for name, value in pairs)
