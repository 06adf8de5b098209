from typing import Any

import pytest

from dealflow.actions.deals import add_deal, update_deal
from dealflow.actions.history import Life, Moment, add_past
from dealflow.core.deal import Deal
from dealflow.core.errors import Invalid
from dealflow.core.money import amount
from dealflow.core.time import DAY, Instant
from dealflow.storage import deals, export
from dealflow.storage.tx import Tx

STEPS: tuple[dict[str, Any], ...] = (
    {"stage_id": 2, "value": amount("1500.50")},
    {"outcome": "lost", "loss_reason": "Too expensive"},
    {"outcome": "open", "stage_id": 3, "probability": 60},
    {"expected_close": "2026-09-01"},
)


def lived(tx: Tx) -> Life:
    """A deal's life as the ordinary actions make it, a day between the steps."""
    deal = add_deal(tx, {"title": "Acme", "value": amount(1000), "currency": "EUR"})
    moments = [Moment(tx.now, tx.user_id, deal)]
    for step in STEPS:
        tx.now = Instant(tx.now + DAY)
        moments.append(Moment(tx.now, tx.user_id, update_deal(tx, deal.id, step)))
    return Life(moments)


def written(tx: Tx) -> list[tuple[str, dict[str, Any]]]:
    """What a company holds of deals; of its log, what tells of them."""
    kept = ("deal", "follower", "deal_total", "counter", "event", "stage_entry")
    rows = [(table, {**row, "company_id": 0}) for table, row in export.rows(tx) if table in kept]
    return [(table, row) for table, row in rows if table != "event" or row["resource"] == "deal"]


def test_a_past_that_is_brought_along_is_as_if_it_had_been_lived(tx: Tx, neighbour: Tx) -> None:
    life = lived(tx)
    add_past(neighbour, [], [life])
    assert [row for row in written(neighbour) if row[1].get("deals") != 0] == [
        row for row in written(tx) if row[1].get("deals") != 0
    ]


def test_the_totals_count_a_past(tx: Tx) -> None:
    add_past(tx, [], [lived(tx)] * 25)
    assert deals.wrong_totals(tx) == []


def test_ids_follow_the_order_given(tx: Tx) -> None:
    life = lived(tx)
    assert add_past(tx, [], [life, life]) == [2, 3]


def test_events_of_several_lives_are_logged_in_the_order_of_their_times(tx: Tx) -> None:
    life = lived(tx)
    add_past(tx, [], [life, life])
    times = [row["at"] for table, row in export.rows(tx) if table == "event" and row["record_id"] in (2, 3)]
    assert times == sorted(times)


def backwards(deal: Deal, at: Instant) -> Life:
    return Life([Moment(at, None, deal), Moment(Instant(at - 1), None, deal._replace(title="Earlier"))])


def test_a_life_that_runs_backwards_is_refused(tx: Tx) -> None:
    deal = lived(tx).moments[0].deal
    with pytest.raises(Invalid):
        add_past(tx, [], [backwards(deal, tx.now)])


def test_a_life_without_moments_is_refused(tx: Tx) -> None:
    with pytest.raises(Invalid):
        add_past(tx, [], [Life([])])
