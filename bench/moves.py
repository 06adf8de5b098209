"""Moves of deals to another stage, durable, against a bare writer thread."""

import asyncio
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvloop

from bench import load
from bench.company import OPEN_DEALS, STAGES, Filled, company, connect
from bench.figure import Figure, Found, Scale, table
from bench.process import dealflow
from bench.record import Recorder, Step
from dealflow.server.runners import LARGEST_BATCH

SCRIPT: Final = Path(__file__).with_name("move.lua")
MOVES_A_SECOND: Final = 8_000
BASELINE: Final = (
    "A bare writer thread: the statements that the server's moves write with, recorded beforehand with their values, "
    "run again on the driver in the same order on a fresh copy of the database; a savepoint for each move, what waits "
    "committed together, at most 64, `synchronous=FULL`, same disk. It is fed by 32 coroutines on a uvloop thread of "
    "the same process, each waiting for its commit before the next. The second bare writer also runs the reads the "
    "server's moves make. The server is asked by `wrk -t1 -c32` with `move.lua`, 32 connections kept alive."
)


def measure(scale: Scale) -> Found:
    """Moves a second as a share of the bare writer's."""
    filled = company(scale.folder / "moves.db")
    script = _recorded(filled.copy("recorded.db"), scale.seconds * MOVES_A_SECOND)
    writes = [[step for step in steps if step.writes] for steps in script]
    bare, reading, ours = [], [], []
    for n in range(scale.rounds):
        bare.append(_replay(filled.copy(f"bare{n}.db"), writes, scale.seconds))
        reading.append(_replay(filled.copy(f"reading{n}.db"), script, scale.seconds))
        with dealflow(filled.copy(f"moved{n}.db")) as server:
            ours.append(load.run(server, "/", filled.token, scale.seconds, script=SCRIPT))
    shares = [100 * mine.per_second / base[0] for mine, base in zip(ours, bare, strict=True)]
    found = Found("Moves", BASELINE)
    found.figures.append(Figure("move a deal to another stage, durable", median(shares), 50.0, "%", "at least"))
    found.raw.append(
        table(
            ["", "moves/s", "moves a commit", "µs CPU a move"],
            [
                ["bare writer, writes only", *_told(bare)],
                ["bare writer, with the reads", *_told(reading)],
                [
                    "server",
                    f"{median(each.per_second for each in ours):,.0f}",
                    "",
                    f"{median(each.total_cpu_us for each in ours):.0f}",
                ],
            ],
        )
    )
    with_reads = [100 * mine.per_second / base[0] for mine, base in zip(ours, reading, strict=True)]
    found.raw.append(
        f"Statements a move: {len(script[0])}, of which {len(writes[0])} write. Rounds: "
        f"{', '.join(f'{share:.1f}' for share in shares)} % of the writes alone, "
        f"{', '.join(f'{share:.1f}' for share in with_reads)} % of writes and reads. "
        f"Latency of the server's moves: p50 {median(each.p50_ms for each in ours):.1f} ms, "
        f"p99 {median(each.p99_ms for each in ours):.1f} ms."
    )
    return found


def _told(rounds: Sequence[tuple[float, float, float]]) -> list[str]:
    rate, batch, cpu_us = (median(each[i] for each in rounds) for i in range(3))
    return [f"{rate:,.0f}", f"{batch:.1f}", f"{cpu_us:.0f}"]


def _recorded(filled: Filled, moves: int) -> list[list[Step]]:
    """The statements of so many moves, each deal in turn to the stage after its own, as `move.lua` asks for."""
    recorder = Recorder(filled)
    recorder.db.begin()
    steps = []
    for n in range(moves):
        deal = n % OPEN_DEALS + 1
        stage = (deal + 1 + n // OPEN_DEALS) % STAGES + 1
        steps.append(recorder.steps("PATCH", f"/api/v2/deals/{deal}", b'{"stage_id":%d}' % stage))
    recorder.db.commit()
    recorder.db.close()
    return steps


class _Job:
    __slots__ = ("future", "steps")

    def __init__(self, steps: list[Step], future: "asyncio.Future[None]") -> None:
        self.steps = steps
        self.future = future


class _BareWriter:
    """Runs jobs in one thread, what waits in one commit."""

    def __init__(self, raw: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.commits = 0
        self._raw = raw
        self._loop = loop
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, steps: list[Step]) -> "asyncio.Future[None]":
        job = _Job(steps, self._loop.create_future())
        self._queue.put(job)
        return job.future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            batch = [job]
            while len(batch) < LARGEST_BATCH and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    return
                batch.append(following)
            self._commit(batch)
            self._loop.call_soon_threadsafe(_deliver, batch)

    def _commit(self, batch: list[_Job]) -> None:
        execute = self._raw.cursor().execute
        execute("BEGIN IMMEDIATE")
        for job in batch:
            execute("SAVEPOINT request")
            for step in job.steps:
                rows = execute(*step)
                if step.returns:
                    rows.fetchall()
            execute("RELEASE request")
        execute("COMMIT")
        self.commits += 1


def _deliver(batch: list[_Job]) -> None:
    for job in batch:
        job.future.set_result(None)


def _replay(filled: Filled, script: list[list[Step]], seconds: float) -> tuple[float, float, float]:
    """Moves a second, moves a commit and µs CPU a move, at most so many seconds or to the script's end."""
    db = connect(filled, write=True)
    try:
        return uvloop.run(_produce(db.raw, script, seconds))
    finally:
        db.close()


async def _produce(raw: Any, script: list[list[Step]], seconds: float) -> tuple[float, float, float]:
    writer = _BareWriter(raw, asyncio.get_running_loop())
    todo = iter(script)
    done = 0
    begun, cpu = time.perf_counter(), time.process_time()

    async def produce(mine: Iterator[list[Step]]) -> None:
        nonlocal done
        while time.perf_counter() - begun < seconds:
            steps = next(mine, None)
            if steps is None:
                return
            await writer.submit(steps)
            done += 1

    await asyncio.gather(*(produce(todo) for _ in range(load.CLIENTS)))
    taken, cpu = time.perf_counter() - begun, time.process_time() - cpu
    writer.close()
    return done / taken, done / writer.commits, cpu * 1e6 / done
