"""Columns are kept as long as there is memory for them, and brought up to date by the log."""

from collections.abc import Iterator

import pytest

from dealflow.actions.deals import add_deal
from dealflow.reports import kept
from dealflow.reports.room import MOST_MB, ROOM
from dealflow.storage.tx import Tx

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def shelf() -> Iterator[kept.Shelf]:
    kept.SHELF.clear()
    yield kept.SHELF
    ROOM.most_mb = MOST_MB
    kept.SHELF.clear()


def deals_counted(tx: Tx) -> int:
    add_deal(tx, {"title": "Roll-out"})
    return int(kept.columns(tx).is_there.sum())


def test_columns_are_kept_and_brought_up_to_date(tx: Tx, shelf: kept.Shelf) -> None:
    with shelf.packed(tx) as first:
        pass
    assert deals_counted(tx) == 1
    with shelf.packed(tx) as second:
        assert second is first


def test_without_memory_nothing_is_kept_and_all_is_counted(tx: Tx, shelf: kept.Shelf) -> None:
    ROOM.most_mb = 0
    assert (deals_counted(tx), deals_counted(tx), len(shelf)) == (1, 2, 0)


def test_columns_given_out_stay_as_they_were(tx: Tx) -> None:
    deals_counted(tx)
    before = kept.columns(tx)
    assert (deals_counted(tx), len(before.deal_id)) == (2, 1)
