"""Which thread does the work.

On SQLite reads and writes run where they arrive, writes many to a commit, each in a savepoint of its own; what may take
long goes to other threads. On PostgreSQL worker threads do everything, each with its connection. Either way an answer
leaves only after its commit.
"""

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar

from dealflow.core.errors import DealflowError, StoreFull, Unavailable
from dealflow.server.calls import Answer, Call, Clock, Desk
from dealflow.storage.database import ConfigurationError, Connection, Database, SerializationFailure
from dealflow.storage.database import database as open_database
from dealflow.wire import Request, Routes

log = logging.getLogger("dealflow")

T = TypeVar("T")
LARGEST_BATCH: Final = 64
TURN_S: Final = 0.0005
DELIVERED_AT_ONCE: Final = 8
TRIES: Final = 3


class Runner(Protocol):
    """Answers requests. `ready` says whether the store answers."""

    def now_or_later(self, table: Routes, request: Request, path: str) -> "Answer | asyncio.Future[Answer]": ...
    async def ready(self) -> bool: ...
    async def close(self) -> None: ...


def runner(url: str, desk: Desk, clock: Clock, threads: int) -> Runner:
    """The runner for a database."""
    opened = open_database(url)
    return SqliteRunner(opened, desk, clock) if opened.single_writer else PostgresRunner(opened, desk, clock, threads)


class SqliteRunner:
    """Reads on the event loop's thread, long ones in a small pool; writes through the `Writer`."""

    def __init__(self, database: Database, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._reader = database.connect(write=False)
        self._pool = Workers(database, 2, write=False)
        self._writer = Writer(database.connect(write=True), clock)

    def now_or_later(self, table: Routes, request: Request, path: str) -> "Answer | asyncio.Future[Answer]":
        """The answer, or the future that will hold it."""
        call = self._desk.prepare(self._reader, table, request, path)
        if isinstance(call, Answer):
            return call
        if call.route.before is not None:
            return asyncio.ensure_future(self._look_and_write(call))
        if call.route.writes:
            return self._writer.submit(call)
        if call.route.pooled:
            return self._pool.submit(lambda db: _read(db, call, self._clock))
        return _read(self._reader, call, self._clock)

    async def _look_and_write(self, call: Call) -> Answer:
        refused = await self._pool.submit(lambda db: _look(db, call, self._clock))
        return refused or await self._writer.submit(call)

    async def ready(self) -> bool:
        try:
            self._desk.probe(self._reader)
        except DealflowError:
            return False
        return True

    async def close(self) -> None:
        """Finish what is queued; then close the reader in the thread that uses it."""
        await self._writer.close()
        await asyncio.to_thread(self._pool.close)
        self._reader.close()


class PostgresRunner:
    """Everything in worker threads."""

    def __init__(self, database: Database, desk: Desk, clock: Clock, threads: int) -> None:
        self._desk = desk
        self._clock = clock
        self._pool = Workers(database, threads, write=True)

    def now_or_later(self, table: Routes, request: Request, path: str) -> "Answer | asyncio.Future[Answer]":
        """The future that will hold the answer."""
        return self._pool.submit(lambda db: self._work(db, table, request, path))

    def _work(self, db: Connection, table: Routes, request: Request, path: str) -> Answer:
        call = self._desk.prepare(db, table, request, path)
        if isinstance(call, Answer):
            return call
        if call.route.writes:
            return _look(db, call, self._clock) or _write(db, call, self._clock)
        return _read(db, call, self._clock)

    async def ready(self) -> bool:
        def probe(db: Connection) -> bool:
            try:
                self._desk.probe(db)
            except DealflowError:
                return False
            return True

        return await self._pool.submit(probe)

    async def close(self) -> None:
        await asyncio.to_thread(self._pool.close)


def _read(db: Connection, call: Call, clock: Clock) -> Answer:
    try:
        return call.run(db, clock())
    except Exception as error:  # noqa: BLE001  every failure is an answer
        return call.refuse(error)


def _look(db: Connection, call: Call, clock: Clock) -> Answer | None:
    """What is done ahead of a call's transaction; the answer if that was all."""
    try:
        call.look(db, clock())
    except Exception as error:  # noqa: BLE001  every failure is an answer
        return call.refuse(error)
    return None


def _write(db: Connection, call: Call, clock: Clock) -> Answer:
    """One transaction, run again from the start at most twice if it met another one."""
    for attempt in range(TRIES):
        try:
            db.begin()
            answer = call.run(db, clock())
            db.commit()
        except SerializationFailure:
            _give_up(db)
            time.sleep(random.uniform(0, 0.05) * (attempt + 1))  # noqa: S311  jitter, not a secret
        except Exception as error:  # noqa: BLE001  every failure is an answer
            _give_up(db)
            return call.refuse(error)
        else:
            return answer
    return call.refuse(Unavailable("too many changes at the same time"))


def _give_up(db: Connection) -> None:
    try:
        db.rollback()
    except DealflowError:
        log.warning("rollback failed; the connection is dropped")


class Workers:
    """A few threads, each with its own connection."""

    def __init__(self, database: Database, threads: int, *, write: bool) -> None:
        self._database = database
        self._write = write
        self._local = threading.local()
        self._opened: list[Connection] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="worker")

    def submit(self, work: Callable[[Connection], T]) -> "asyncio.Future[T]":
        """Run `work` with a thread's connection."""
        return asyncio.get_running_loop().run_in_executor(self._pool, self._with_connection, work)

    def _with_connection(self, work: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = self._local.connection = self._database.connect(write=self._write)
            except ConfigurationError as error:
                raise Unavailable("the database cannot be opened") from error
            self._opened.append(connection)
        return work(connection)

    def close(self) -> None:
        self._pool.shutdown(wait=True)
        for connection in self._opened:
            connection.close()


class _Job:
    __slots__ = ("answer", "call", "future")

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        self.call = call
        self.future: asyncio.Future[Answer] = loop.create_future()
        self.answer: Answer | None = None


class Writer:
    """The one connection that writes to SQLite. What waits when it begins, and what comes until it ends, is committed
    together.

    Writes run on the event loop's thread, for `TURN_S` before others have theirs: two threads that run Python at the
    same time take turns at every statement, which costs more than the statements. What may wait for a lock or for the
    disk, and calls that may take long, are left to a thread.
    """

    def __init__(self, db: Connection, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._queue: deque[_Job] = deque()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    def submit(self, call: Call) -> "asyncio.Future[Answer]":
        """Queue a write; the future is set after its commit."""
        job = _Job(call, asyncio.get_running_loop())
        self._queue.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return job.future

    async def close(self) -> None:
        """Finish what is queued and stop."""
        if self._task is not None:
            await self._task
        await asyncio.to_thread(self._thread.shutdown)
        self._db.close()

    async def _run(self) -> None:
        try:
            while self._queue:
                batch = await self._commit()
                _deliver(asyncio.get_running_loop(), batch)
        finally:
            self._task = None

    async def _commit(self) -> list[_Job]:
        """Answer the jobs of a batch: all their changes are durable, or each is told why not."""
        batch: list[_Job] = []
        try:
            await self._in_thread(self._db.begin)
            until = time.perf_counter() + TURN_S
            while self._queue and len(batch) < LARGEST_BATCH:
                job = self._queue.popleft()
                batch.append(job)
                if job.call.route.pooled:
                    job.answer = await self._in_thread(partial(self._one, job.call))
                else:
                    job.answer = self._one(job.call)
                if time.perf_counter() > until:
                    await asyncio.sleep(0)
                    until = time.perf_counter() + TURN_S
            await self._in_thread(self._db.commit)
        except Exception as error:  # noqa: BLE001  the writer outlives every failure
            await self._in_thread(partial(_give_up, self._db))
            batch = batch or [self._queue.popleft() for _ in range(min(LARGEST_BATCH, len(self._queue)))]
            for job in batch:
                job.answer = job.call.refuse(error)
        return batch

    def _in_thread(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _one(self, call: Call) -> Answer:
        self._db.savepoint()
        try:
            answer = call.run(self._db, self._clock())
            self._db.release()
        except StoreFull:
            raise
        except Exception as error:
            if not self._db.in_transaction:
                raise
            self._db.undo()
            return call.refuse(error)
        return answer


def _deliver(loop: asyncio.AbstractEventLoop, batch: list[_Job]) -> None:
    """Set a few futures and leave the rest for the loop's next turn, so that nobody waits behind all of them."""
    for job in batch[:DELIVERED_AT_ONCE]:
        if not job.future.done() and job.answer is not None:
            job.future.set_result(job.answer)
    if len(batch) > DELIVERED_AT_ONCE:
        loop.call_soon(_deliver, loop, batch[DELIVERED_AT_ONCE:])
