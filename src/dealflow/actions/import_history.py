"""Bringing a history file into a company. What its keys stand for is kept: a line that is known is left as it is."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from dealflow.actions.check_history import Checked, Head
from dealflow.actions.companies import add_user
from dealflow.actions.history import Life, add_past
from dealflow.actions.history_file import (
    BadLine,
    CompanyLine,
    DealLine,
    PipelineLine,
    StageLine,
    UserLine,
    lines,
    read_line,
)
from dealflow.actions.pipelines import PIPELINES, STAGES, delete_stage, new_pipeline, new_stage, retire_pipeline
from dealflow.actions.read_history import Names, read_life
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.term import DEAL_UNQUALIFIED_REASON, LOSS_REASON
from dealflow.core.text import search_key
from dealflow.storage import counters, events, external_keys, terms, users
from dealflow.storage.bulk import Progress
from dealflow.storage.tx import Tx

PIECE: Final = 500
CHANGED: Final = "was changed while it was read"
ROWS_OF_A_DEAL: Final = 4
"""Of a deal itself: the row, its follower, that somebody follows it, its key. Its events come on top."""


class Counts(NamedTuple):
    """How many lines of a kind were new and how many there already; of users, those known by their e-mail address."""

    added: int
    there: int
    matched: int = 0


class Imported(NamedTuple):
    """What an import did. `events` are those of the deals that were added, the ones that changed nothing left out."""

    users: Counts
    pipelines: Counts
    stages: Counts
    deals: Counts
    events: int


def rows_of(checked: Checked) -> int:
    """About how many rows an import writes, if nothing is there yet."""
    return ROWS_OF_A_DEAL * checked.deals + checked.events


def import_history(tx: Tx, path: Path, checked: Checked, progress: Progress = lambda _: None) -> Imported:
    """Write what a file holds and is not there yet, bad lines left out; `progress` is told the rows.

    People, pipelines and stages are made as of the earliest time in the file, by nobody in particular. Raises Conflict
    if the file is no longer the one that was checked.
    """
    seen = _look_of(path)
    head = checked.head
    if head.company is not None:
        _take_over(tx, head.company)
    early = Tx(tx.db, tx.company_id, 0, checked.begins_at or tx.now, tx.surface)
    user_ids, users_counted = _users(early, head.users)
    known_pipelines, new_pipelines = _pipelines(early, head.pipelines)
    pipeline_of = known_pipelines | new_pipelines
    known_stages, new_stages = _stages(early, head.stages, pipeline_of)
    stage_of = known_stages | new_stages
    currency = head.company.currency if head.company is not None else users.company(tx).currency
    reasons = (terms.of_kind(tx, LOSS_REASON), terms.of_kind(tx, DEAL_UNQUALIFIED_REASON))
    coming = _Coming(tx, path, checked, Names(user_ids, stage_of, currency, *reasons), progress)
    ids = add_past(tx, [], coming.lives(), progress)
    external_keys.add(tx, "deal", dict(zip(coming.keys, ids, strict=True)), progress)
    _retire(tx, head, new_pipelines, new_stages)
    if _look_of(path) != seen:
        raise Conflict(str(path), CHANGED)
    return Imported(
        users_counted,
        Counts(len(new_pipelines), len(known_pipelines)),
        Counts(len(new_stages), len(known_stages)),
        Counts(len(ids), coming.there),
        coming.events,
    )


def _look_of(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _take_over(tx: Tx, line: CompanyLine) -> None:
    """A company that never had a deal takes currency and time zone from the file."""
    before = users.company(tx)
    after = before._replace(currency=line.currency, timezone=line.timezone)
    if after == before or counters.last(tx, "deal"):
        return
    after = after._replace(updated_at=tx.now)
    changed = [name for name in ("currency", "timezone") if getattr(before, name) != getattr(after, name)]
    old, new = ({name: getattr(each, name) for name in changed} for each in (before, after))
    events.append(tx, "company", tx.company_id, "updated", old, new)
    users.save_company(tx, after)


def _users(tx: Tx, given: Sequence[UserLine]) -> tuple[dict[str, int], Counts]:
    known = external_keys.known(tx, "user", [line.key for line in given])
    by_address = {user.email_key: user.id for user in users.everyone(tx)}
    fresh: dict[str, int] = {}
    matched = 0
    for line in given:
        if line.key in known:
            continue
        user_id = by_address.get(search_key(line.email.strip()))
        if user_id is None:
            user_id = add_user(tx, line.name, line.email).id
        else:
            matched += 1
        fresh[line.key] = user_id
    external_keys.add(tx, "user", fresh)
    return known | fresh, Counts(len(fresh) - matched, len(known), matched)


def _pipelines(tx: Tx, given: Sequence[PipelineLine]) -> tuple[dict[str, Pipeline], dict[str, Pipeline]]:
    """Those that are there by their keys, and those that were made."""
    known = external_keys.known(tx, "pipeline", [line.key for line in given])
    fresh = {
        line.key: new_pipeline(tx, line.name, probability_enabled=line.probability_enabled)
        for line in given
        if line.key not in known
    }
    external_keys.add(tx, "pipeline", {key: pipeline.id for key, pipeline in fresh.items()})
    return {key: PIPELINES.get(tx, pipeline_id) for key, pipeline_id in known.items()}, fresh


def _stages(
    tx: Tx, given: Sequence[StageLine], pipeline_of: Mapping[str, Pipeline]
) -> tuple[dict[str, Stage], dict[str, Stage]]:
    """Those that are there by their keys, and those that were made."""
    known = external_keys.known(tx, "stage", [line.key for line in given])
    fresh = {
        line.key: new_stage(tx, pipeline_of[line.pipeline], line.name, likelihood=line.likelihood)
        for line in given
        if line.key not in known
    }
    external_keys.add(tx, "stage", {key: stage.id for key, stage in fresh.items()})
    return {key: STAGES.get(tx, stage_id) for key, stage_id in known.items()}, fresh


def _retire(tx: Tx, head: Head, pipeline_of: Mapping[str, Pipeline], stage_of: Mapping[str, Stage]) -> None:
    """Take what was made just now out of use, as of now, if the file says that it is."""
    for stage in head.stages:
        if stage.deleted and stage.key in stage_of:
            delete_stage(tx, stage_of[stage.key].id)
    for line in head.pipelines:
        if (line.deleted or line.disabled) and line.key in pipeline_of:
            pipeline = PIPELINES.get(tx, pipeline_of[line.key].id, lock=True)
            retire_pipeline(tx, pipeline, "deleted" if line.deleted else "disabled")


class _Coming:
    """The deals of a file that are not there yet, read as they are asked for."""

    def __init__(self, tx: Tx, path: Path, checked: Checked, names: Names, progress: Progress) -> None:
        self.keys: list[str] = []
        self.there = 0
        self.events = 0
        self._tx = tx
        self._path = path
        self._checked = checked
        self._names = names
        self._progress = progress

    def lives(self) -> Iterator[Life]:
        """The lives of the new deals, whose keys are in `keys`."""
        coming = self._lines()
        while piece := list(islice(coming, PIECE)):
            known = external_keys.known(self._tx, "deal", [line.key for line in piece])
            self.there += len(known)
            for line in piece:
                if line.key in known:
                    self._progress(ROWS_OF_A_DEAL + len(line.events))
                    continue
                try:
                    life = read_life(line, self._names)
                except (KeyError, Invalid):
                    raise self._changed() from None
                self.keys.append(line.key)
                self.events += len(life.moments)
                yield life

    def _lines(self) -> Iterator[DealLine]:
        """The good lines of deals."""
        if not self._checked.first_deal:
            return
        bad = iter(self._checked.bad)
        next_bad = next(bad, 0)
        for number, content in lines(self._path):
            while next_bad and next_bad < number:
                next_bad = next(bad, 0)
            if number >= self._checked.first_deal and number != next_bad:
                yield self._deal(content)

    def _deal(self, content: bytes) -> DealLine:
        try:
            line = read_line(content)
        except BadLine:
            raise self._changed() from None
        if not isinstance(line, DealLine):
            raise self._changed()
        return line

    def _changed(self) -> Conflict:
        return Conflict(str(self._path), CHANGED)
