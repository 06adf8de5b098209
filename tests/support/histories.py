"""Histories of companies: random steps, made by the real actions with a clock that moves on."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from hypothesis import strategies as st

from dealflow.actions import deals as actions
from dealflow.actions import pipelines as pipeline_actions
from dealflow.actions.companies import new_user
from dealflow.core.deal import PRIVATE
from dealflow.core.errors import DealflowError
from dealflow.core.money import Amount
from dealflow.core.time import DAY, SECOND, Instant
from dealflow.storage import pipelines
from dealflow.storage.tx import Tx
from tests.support.databases import company_ids, found_company

HOUR: Final = 3_600
OWNERS: Final = (1, 2, 3)
ADMIN, SELLER, _ = OWNERS
DEALS: Final = 20
UNKNOWN: Final = 999
STEPS_BETWEEN: Final = 30
# Both change to summer time and back within two months of these, on different days.
BEGINNINGS: Final = [Instant(1_772_798_400 * SECOND), Instant(1_792_756_800 * SECOND)]


class Company:
    """A company of three users and two pipelines; what it has so far is chosen by number."""

    def __init__(self, tx: Tx, beginning: Instant) -> None:
        self.tx = Tx(tx.db, next(company_ids), 0, beginning)
        found_company(self.tx)
        for name in ("Sam", "Rita"):
            new_user(self.tx, name, f"{name.lower()}@example.com")
        second = pipeline_actions.add_pipeline(self.tx, "Renewals")
        for name in ("Signing", "Signed"):
            pipeline_actions.add_stage(self.tx, second.id, name)
        self.pipelines = [1, second.id]
        self.deals: list[int] = []

    def deal(self, number: int) -> int:
        return self.deals[number % len(self.deals)]

    def stage(self, number: int) -> int:
        found = pipelines.stages.all(self.tx, {"listed": {}})
        return found[number % len(found)].id if found else UNKNOWN

    def pipeline(self, number: int) -> int:
        return self.pipelines[number % 2]

    def ago(self, days: float) -> Instant:
        return Instant(self.tx.now - round(days * DAY))


# ----------------------------------------------------------------------------------------------------------- steps

Step = Callable[["Company"], object]


def timed(company: Company, given: dict[str, Any]) -> dict[str, Any]:
    """Times that are given as days ago are instants."""
    return {name: company.ago(value) if name.endswith("_at") else value for name, value in given.items()}


def add(number: int, given: dict[str, Any]) -> Step:
    def step(company: Company) -> None:
        first = {"title": "Roll-out", "stage_id": company.stage(number)}
        company.deals.append(actions.add_deal(company.tx, {**first, **timed(company, given)}).id)

    return step


def update(number: int, given: dict[str, Any]) -> Step:
    return lambda company: actions.update_deal(company.tx, company.deal(number), timed(company, given))


def move(number: int, to: int) -> Step:
    return lambda company: actions.update_deal(company.tx, company.deal(number), {"stage_id": company.stage(to)})


def move_pipeline(number: int, to: int) -> Step:
    return lambda company: actions.update_deal(company.tx, company.deal(number), {"pipeline_id": company.pipeline(to)})


def close_and_move(number: int, to: int, outcome: str) -> Step:
    return lambda company: actions.update_deal(
        company.tx, company.deal(number), {"stage_id": company.stage(to), "outcome": outcome}
    )


def delete(number: int) -> Step:
    return lambda company: actions.delete_deal(company.tx, company.deal(number))


def follow(number: int) -> Step:
    return lambda company: actions.add_follower(company.tx, company.deal(number), SELLER)


def add_stage(to: int) -> Step:
    return lambda company: pipeline_actions.add_stage(company.tx, company.pipeline(to), "Legal")


def place_stage(number: int, place: int) -> Step:
    return lambda company: pipeline_actions.update_stage(company.tx, company.stage(number), {"place": place})


def move_stage(number: int, to: int) -> Step:
    return lambda company: pipeline_actions.update_stage(
        company.tx, company.stage(number), {"pipeline_id": company.pipeline(to)}
    )


def delete_stage(number: int) -> Step:
    return lambda company: pipeline_actions.delete_stage(company.tx, company.stage(number))


numbers = st.integers(0, 40)
owners = st.sampled_from(OWNERS)
worth = {
    "value": st.integers(-(10**10), 10**10).map(Amount),
    "currency": st.sampled_from(["EUR", "USD", "JPY"]),
    "owner_id": owners,
    "visibility": st.sampled_from([PRIVATE, 3]),
}
outcomes = st.sampled_from(["open", "won", "lost", "unqualified"])
days_ago = st.sampled_from([-40, -3, 0, 0.01, 1, 7, 30])
closings = st.one_of(
    outcomes.map(lambda outcome: {"outcome": outcome}),
    st.builds(lambda days: {"outcome": "won", "won_at": days}, days_ago),
    st.builds(lambda days: {"outcome": "lost", "lost_at": days}, days_ago),
)
additions = st.builds(
    add,
    numbers,
    st.builds(
        lambda more, closing: {**more, **closing},
        st.fixed_dictionaries({}, optional={**worth, "started_at": days_ago}),
        st.just({}) | st.just({}) | closings,
    ),
)
moves = st.builds(move, numbers, numbers)
steps = st.one_of(
    additions,
    moves,
    moves,
    moves,
    moves,
    st.builds(update, numbers, closings),
    st.builds(update, numbers, closings),
    st.builds(close_and_move, numbers, numbers, outcomes),
    st.builds(update, numbers, st.fixed_dictionaries({}, optional=worth)),
    st.builds(update, numbers, st.fixed_dictionaries({"started_at": days_ago})),
    st.builds(update, numbers, st.fixed_dictionaries({"archived": st.booleans()})),
    st.builds(move_pipeline, numbers, numbers),
    st.builds(delete, numbers),
    st.builds(follow, numbers),
    st.builds(add_stage, numbers),
    st.builds(place_stage, numbers, st.integers(1, 5)),
    st.builds(move_stage, numbers, numbers),
    st.builds(delete_stage, numbers),
)
waits = st.sampled_from([0, 0, 1, HOUR, 5 * HOUR, 12 * HOUR, 24 * HOUR, 60 * HOUR])
histories = st.builds(
    lambda first, then: [*first, *then],
    st.lists(st.tuples(waits, additions), min_size=DEALS, max_size=DEALS),
    st.lists(st.tuples(waits, steps), min_size=3 * DEALS, max_size=6 * DEALS),
)
beginnings = st.sampled_from(BEGINNINGS)


def lived(
    tx: Tx,
    beginning: Instant,
    history: list[tuple[int, Step]],
    between: Callable[[Company], None] = lambda _: None,
) -> Company:
    """A company after its history; steps that are refused change nothing.

    `between` is called every so many steps, when time has passed since the one before.
    """
    company = Company(tx, beginning)
    for number, (wait_s, step) in enumerate(history, 1):
        if wait_s and number % STEPS_BETWEEN == 0:
            between(company)
        company.tx.now = Instant(company.tx.now + wait_s * SECOND)
        with suppress(DealflowError):
            step(company)
    return company
