from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.core.time import Instant
from dealflow.storage.bulk import Entry, Place
from dealflow.storage.spool import Spool


def entry(number: int, at: int) -> Entry:
    return Entry(Instant(at), None, "deal", number, "updated", None, "{}", Place(Instant(at), 1, 2) if at % 2 else None)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9))), st.integers(1, 20))
def test_entries_come_out_by_time_and_then_as_they_went_in(pieces: list[list[int]], in_memory: int) -> None:
    times = [at for piece in pieces for at in piece]
    entries = [entry(number, at) for number, at in enumerate(times)]
    with Spool(in_memory) as spool:
        for piece in pieces:
            spool.extend([entries.pop(0) for _ in piece])
        found = list(spool)
    assert len(spool) == len(times)
    assert [each.at for each in found] == sorted(times)
    assert all(a.record_id < b.record_id for a, b in pairwise(found) if a.at == b.at)
    assert sorted(found, key=lambda each: each.record_id) == [entry(number, at) for number, at in enumerate(times)]
