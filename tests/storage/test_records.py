"""Records: by id, in pages, with versions, and never of another company."""

from itertools import product
from typing import Any

import pytest

from dealflow.core.errors import NotFound, Unavailable
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.storage import counters
from dealflow.storage.pipelines import pipelines, stages
from dealflow.storage.records import PIECE, After, Records, _Shape, padded, pieces, spread
from dealflow.storage.tx import Tx
from tests.support.records import all_records
from tests.support.statements import problems


def pipeline(tx: Tx, **given: Any) -> Pipeline:
    fresh = Pipeline(
        id=counters.next_id(tx, "pipeline"),
        name="Renewals",
        position=1,
        state="active",
        probability_enabled=True,
        is_seeded=False,
        created_at=tx.now,
        updated_at=None,
        version=1,
    )
    return pipelines.add(tx, fresh._replace(**given))


def stage(tx: Tx, **given: Any) -> Stage:
    (model,) = stages.page(tx, {}, limit=1)
    return stages.add(tx, model._replace(id=counters.next_id(tx, "stage"), **given))


@pytest.fixture
def five(tx: Tx) -> list[Pipeline]:
    """Pipelines with equal positions and with times of change that are missing in part; the seeded one is gone."""
    pipelines.drop(tx, pipelines.add(tx, pipelines.get(tx, 1)._replace(id=90)).id)
    times = [None, tx.now + 2, tx.now + 1, None, tx.now + 1]
    return [pipeline(tx, position=position, updated_at=at) for position, at in zip((5, 5, 7, 6, 5), times, strict=True)]


def test_a_record_comes_back_as_it_was_put(tx: Tx) -> None:
    """Booleans as booleans, on SQLite too."""
    assert pipelines.get(tx, pipeline(tx).id) == pipeline(tx)._replace(id=2)


def test_what_is_not_there_is_not_found(tx: Tx) -> None:
    assert pipelines.find(tx, 99) is None
    with pytest.raises(NotFound):
        pipelines.get(tx, 99)


def test_what_is_dropped_is_gone(tx: Tx) -> None:
    added = pipeline(tx)
    pipelines.drop(tx, added.id)
    assert pipelines.find(tx, added.id) is None


def test_the_same_id_is_another_record_in_another_company(tx: Tx, neighbour: Tx) -> None:
    pipelines.save(tx, pipelines.get(tx, 1), pipelines.get(tx, 1)._replace(name="Mine"))
    assert (pipelines.get(tx, 1).name, pipelines.get(neighbour, 1).name) == ("Mine", "Pipeline")


def test_another_companys_record_is_not_there(tx: Tx, neighbour: Tx) -> None:
    theirs = [pipeline(neighbour) for _ in range(3)][-1]
    assert pipelines.find(tx, theirs.id) is None
    assert pipelines.by_id(tx, [1, theirs.id]).keys() == {1}
    assert theirs.id not in [each.id for each in pipelines.all(tx, {})]


def test_another_companys_record_cannot_be_dropped(tx: Tx, neighbour: Tx) -> None:
    theirs = pipeline(neighbour)
    pipelines.drop(tx, theirs.id)
    assert pipelines.find(neighbour, theirs.id) == theirs


def test_another_companys_record_cannot_be_pointed_at(tx: Tx, neighbour: Tx) -> None:
    """The database itself says no."""
    theirs = pipeline(neighbour)
    tx.db.savepoint()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        stage(tx, pipeline_id=theirs.id)
    tx.db.undo()


def test_an_id_is_taken_once(tx: Tx) -> None:
    tx.db.savepoint()
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        pipelines.add(tx, pipelines.get(tx, 1))
    tx.db.undo()


# ---------------------------------------------------------------------------------------------------------- saving


def test_saving_raises_the_version(tx: Tx) -> None:
    before = pipelines.get(tx, 1)
    saved = pipelines.save(tx, before, before._replace(name="New"))
    assert (saved.version, pipelines.get(tx, 1)) == (before.version + 1, saved)


def test_saving_what_did_not_change_writes_nothing(tx: Tx) -> None:
    before = pipelines.get(tx, 1)
    assert pipelines.save(tx, before, before._replace(name=before.name)).version == before.version


def test_the_slower_of_two_writers_is_told(tx: Tx) -> None:
    before = pipelines.get(tx, 1)
    pipelines.save(tx, before, before._replace(name="First"))
    with pytest.raises(Unavailable):
        pipelines.save(tx, before, before._replace(name="Second"))
    assert pipelines.get(tx, 1).name == "First"


def test_another_companys_record_cannot_be_saved(tx: Tx, neighbour: Tx) -> None:
    theirs = pipeline(neighbour)
    with pytest.raises(Unavailable):
        pipelines.save(tx, theirs, theirs._replace(name="Mine"))
    assert pipelines.get(neighbour, theirs.id) == theirs


def test_null_can_be_written(tx: Tx) -> None:
    added = pipeline(tx, updated_at=tx.now)
    pipelines.save(tx, added, added._replace(updated_at=None))
    assert pipelines.get(tx, added.id).updated_at is None


# ----------------------------------------------------------------------------------------------------------- pages


def walk(tx: Tx, order: str, limit: int, *, descending: bool) -> list[int]:
    """The ids of all pages, each asked for behind the last record of the one before."""
    found: list[int] = []
    after: After | None = None
    while page := pipelines.page(tx, {}, order=order, descending=descending, after=after, limit=limit):
        found += [each.id for each in page]
        after = After(getattr(page[-1], order) or 0, page[-1].id)
    return found


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("order", list(pipelines.orders))
def test_pages_hold_each_record_once_and_in_order(
    tx: Tx, five: list[Pipeline], order: str, limit: int, descending: bool
) -> None:
    """Missing times come before all others; the id breaks ties and turns round with the order."""
    everyone = [pipelines.get(tx, 1), *five]
    expected = sorted(everyone, key=lambda each: (getattr(each, order) or 0, each.id), reverse=descending)
    assert walk(tx, order, limit, descending=descending) == [each.id for each in expected]


def test_a_page_may_start_further_down(tx: Tx, five: list[Pipeline]) -> None:
    assert [each.id for each in pipelines.page(tx, {}, start=2, limit=2)] == [five[1].id, five[2].id]


def test_conditions_all_have_to_hold(tx: Tx) -> None:
    other = pipeline(tx)
    mine = stage(tx, pipeline_id=other.id, category="open")
    stage(tx, pipeline_id=other.id, category="won")
    stage(tx, pipeline_id=1, category="open")
    assert stages.all(tx, {"open": {}, "pipeline": {"pipeline_id": other.id}}) == [mine]


def test_records_are_found_by_many_ids(tx: Tx) -> None:
    wanted = [None, *range(1, 2 * PIECE)]
    assert list(stages.by_id(tx, wanted)) == [each.id for each in stages.all(tx, {})]


def test_a_page_of_ids_is_in_order_without_repeats(tx: Tx) -> None:
    assert [each.id for each in stages.page_by_ids(tx, [5, 3, 5, 99, 1], {"open": {}})] == [1, 3, 5]


def test_a_page_of_no_ids_is_empty(tx: Tx) -> None:
    assert stages.page_by_ids(tx, [], {}) == []


# ------------------------------------------------------------------------------------------------------ statements


def broken(records: Records[Any], where: tuple[str, ...], order: str) -> list[str]:
    """What is wrong with any page in this order."""
    ways = product([False, True], [False, True], [False, True], [0, 4])
    built = [
        _Shape(where, order, descending, after, start, size, limit=True) for descending, after, start, size in ways
    ]
    return [problem for shape in built for problem in problems(records._build_select(shape).clause)]


@pytest.mark.parametrize("records", all_records(), ids=lambda each: each.kind)
def test_every_page_that_may_be_asked_for_keeps_the_statement_rules(records: Records[Any]) -> None:
    """Conditions and orders stand in different parts of a statement: all of them with one order, each order alone."""
    found = broken(records, tuple(records.conditions), "id")
    assert found + [problem for order in records.orders for problem in broken(records, (), order)] == []


@pytest.mark.parametrize(("count", "size"), [(1, 1), (2, 2), (3, 4), (5, 8), (257, 500), (500, 500)])
def test_lists_of_ids_come_in_few_sizes(count: int, size: int) -> None:
    assert padded(count) == size


def test_a_short_list_is_filled_up_with_its_last_value() -> None:
    assert spread("ids", [7, 9], 4) == {"ids_0": 7, "ids_1": 9, "ids_2": 9, "ids_3": 9}


def test_long_lists_come_in_pieces() -> None:
    assert [len(piece) for piece in pieces(range(2 * PIECE + 1))] == [PIECE, PIECE, 1]


# --------------------------------------------------------------------------------------------------------- counters


def test_ids_count_from_one_without_gaps(tx: Tx) -> None:
    assert [counters.next_id(tx, "new kind") for _ in range(3)] == [1, 2, 3]


def test_several_ids_are_taken_at_once(tx: Tx) -> None:
    assert (counters.next_id(tx, "new kind", 5), counters.next_id(tx, "new kind")) == (1, 6)


def test_companies_and_kinds_count_apart(tx: Tx, neighbour: Tx) -> None:
    counters.next_id(tx, "new kind", 5)
    assert (counters.next_id(neighbour, "new kind"), counters.next_id(tx, "newer kind")) == (1, 1)


def test_a_number_given_out_and_rolled_back_is_given_out_again(tx: Tx) -> None:
    tx.db.savepoint()
    counters.next_id(tx, "new kind")
    tx.db.undo()
    assert counters.next_id(tx, "new kind") == 1
