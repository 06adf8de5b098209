"""Statistics from what is kept for them are those of the definition over the log itself, whatever deals went through.

The lives are made by the real actions with a clock that moves on; the definition is `core.statistics`, given lives
folded from the events of each deal.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealflow.core.company import Viewer
from dealflow.core.deal import PRIVATE
from dealflow.core.statistics import Conversion, DealLife, Entry, Movement, Period, conversion, movement
from dealflow.core.time import DAY, Instant, end_of, local_day, start_of
from dealflow.reports import counted, kept, past
from dealflow.reports.columns import Columns
from dealflow.reports.question import Question
from dealflow.storage import checks, events, pipelines, users
from dealflow.storage.statistics import lives
from dealflow.storage.tx import Tx
from tests.support.histories import ADMIN, OWNERS, SELLER, Company, Step, beginnings, histories, lived
from tests.support.lengths import length

ZONES: Final = ["UTC", "Europe/Tallinn", "America/New_York", "Asia/Beirut", "Pacific/Kiritimati"]


class Days(NamedTuple):
    """So many days, the first of them so many after the company's beginning."""

    first: int
    more: int
    zone: str

    def __call__(self, beginning: Instant) -> Period:
        first, last = (Instant(beginning + days * DAY) for days in (self.first, self.first + self.more))
        return Period(start_of(local_day(first, self.zone), self.zone), end_of(local_day(last, self.zone), self.zone))


periods = st.lists(
    st.builds(Days, st.integers(-10, 100), st.sampled_from([0, 0, 1, 3, 10, 30, 400]), st.sampled_from(ZONES)),
    min_size=8,
    max_size=10,
)


def viewer_of(tx: Tx, user_id: int) -> Viewer:
    return users.me(Tx(tx.db, tx.company_id, user_id, tx.now))


# ------------------------------------------------------------------------------------------------------ from the log


class Told(NamedTuple):
    """A deal as its events tell of it."""

    state: dict[str, Any]
    followers: set[int]
    life: DealLife

    def is_seen_by(self, viewer: Viewer) -> bool:
        is_public = self.state["visibility"] != PRIVATE
        return viewer.is_admin or is_public or viewer.id == self.state["owner_id"] or viewer.id in self.followers


def told(tx: Tx, deal_id: int) -> Told:
    state: dict[str, Any] = {}
    followers: set[int] = set()
    entries: list[Entry] = []
    for event in events.of_record(tx, "deal", deal_id):
        after = event.after or {}
        if event.action == "followed":
            followers.add(after["user_id"])
        elif event.action in ("created", "updated", "deleted"):
            state |= after
            if "pipeline_id" in after or "stage_id" in after:
                entries.append(Entry(event.at, state["pipeline_id"], state["stage_id"]))
    begun = state["started_at"]
    life = DealLife(
        deal_id=deal_id,
        pipeline_id=state["pipeline_id"],
        outcome=state["outcome"],
        started_at=begun,
        closed_at=None if state["outcome"] == "open" else state["outcome_at"],
        value=state["value"],
        currency=state["currency"],
        entries=[entries[0]._replace(at=begun), *entries[1:]],
    )
    return Told(state, followers, life)


def stages_told(tx: Tx, pipeline_id: int) -> list[int]:
    """The stages of a pipeline in order, as the log has them."""
    states = []
    for stage in pipelines.stages.all(tx, {}):
        state: dict[str, Any] = {}
        for event in events.of_record(tx, "stage", stage.id):
            state |= event.after or {}
        if state["pipeline_id"] == pipeline_id and state["category"] == "open" and not state.get("deleted_at"):
            states.append((state["position"], stage.id))
    return [stage_id for _, stage_id in sorted(states)]


# --------------------------------------------------------------------------------------------------------- equality


class Log:
    """A company as its log tells of it, and what the definition makes of that."""

    def __init__(self, company: Company) -> None:
        self.now = company.tx.now
        self.deals = [told(company.tx, deal_id) for deal_id in company.deals]
        self.stages = {pipeline_id: stages_told(company.tx, pipeline_id) for pipeline_id in company.pipelines}

    def lives(self, pipeline_id: int, owner_id: int, viewer: Viewer) -> list[DealLife]:
        return [
            deal.life
            for deal in self.deals
            if deal.state["owner_id"] == owner_id
            and deal.state.get("deleted_at") is None
            and deal.is_seen_by(viewer)
            and any(entry.pipeline_id == pipeline_id for entry in deal.life.entries)
        ]

    def statistics(self, found: list[DealLife], pipeline_id: int, period: Period) -> tuple[Conversion, Movement]:
        stages = self.stages[pipeline_id]
        return (
            conversion(found, pipeline_id, stages, period),
            movement(found, pipeline_id, stages, period, self.now),
        )


def agree(tx: Tx, beginning: Instant, history: list[tuple[int, Step]], asked: list[Days]) -> None:
    """Whoever asks about whose deals in which pipeline."""
    logs: list[Log] = []

    def look(company: Company) -> None:
        """So that columns are brought up to date from the log afterwards."""
        kept.columns(company.tx)
        logs.append(Log(company))

    company = lived(tx, beginning, history, look)
    log = Log(company)
    viewers = [viewer_of(company.tx, user_id) for user_id in (ADMIN, SELLER)]
    for pipeline_id, owner_id, viewer, days in product(company.pipelines, OWNERS, viewers, asked):
        period = days(beginning)
        indexed = lives(company.tx, pipeline_id, owner_id, period, viewer)
        defined = log.lives(pipeline_id, owner_id, viewer)
        assert log.statistics(indexed, pipeline_id, period) == log.statistics(defined, pipeline_id, period)
    assert list(checks.wrong_entries(company.tx)) == []
    columns = kept.columns(company.tx)
    for pipeline_id, owner_ids, days in product(company.pipelines, [OWNERS, (SELLER,)], asked):
        counts_as_defined(log, columns, pipeline_id, owner_ids, days(beginning))
    for then in logs:
        columns = past.columns_at(company.tx, then.now)
        for pipeline_id in company.pipelines:
            _, stages = past.pipeline_at(company.tx, pipeline_id, then.now)
            assert [stage.id for stage in stages] == then.stages[pipeline_id]
            counts_as_defined(then, columns, pipeline_id, OWNERS, asked[0](beginning))


def counts_as_defined(log: Log, columns: Columns, pipeline_id: int, owner_ids: Sequence[int], period: Period) -> None:
    """What is counted of some owners' deals over columns is what the definition says of the lives in the log."""
    admin = Viewer(ADMIN, "admin", True, "EUR", "UTC")
    lives = [life for owner_id in owner_ids for life in log.lives(pipeline_id, owner_id, admin)]
    meant = np.isin(columns.owner_id, owner_ids)
    question = Question(columns, meant, pipeline_id, log.stages[pipeline_id], period, log.now)
    assert (counted.conversion(question), counted.movement(question)) == log.statistics(lives, pipeline_id, period)


together = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(together, max_examples=length(100, nightly=1_000))
@given(beginnings, histories, periods)
def test_what_is_kept_gives_what_the_log_gives(
    tx: Tx, beginning: Instant, history: list[tuple[int, Step]], asked: list[Days]
) -> None:
    """At least twenty lives an example."""
    agree(tx, beginning, history, asked)


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres", "partitioned"], indirect=True)
@settings(together, max_examples=length(3, nightly=200))
@given(beginnings, histories, periods)
def test_it_does_so_on_a_server_too(
    tx: Tx, beginning: Instant, history: list[tuple[int, Step]], asked: list[Days]
) -> None:
    agree(tx, beginning, history, asked)
