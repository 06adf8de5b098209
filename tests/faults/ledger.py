"""Clients that remember what they were told, and the comparison of that with what the database holds."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from sqlalchemy import BindParameter, bindparam, select

from dealflow.server.calls import system_clock
from dealflow.storage import schema
from dealflow.storage.database import database
from dealflow.storage.deals import wrong_totals
from dealflow.storage.migrations import upgrade
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx
from tests.support.databases import found_company

COMPANY: Final = 1
PATIENCE_S: Final = 15.0
Outcome = Literal["ok", "refused", "unknown"]

_d, _e, _f, _i, _c = (
    schema.deal.c,
    schema.event.c,
    schema.follower.c,
    schema.idempotency.c,
    schema.counter.c,
)
_of_company: BindParameter[int] = bindparam("company_id")
_deals = Statement(select(_d.id, _d.title).where(_d.company_id == _of_company).order_by(_d.id))
_events = Statement(
    select(_e.seq, _e.record_id, _e.action, _e.after)
    .where(_e.company_id == _of_company, _e.resource == "deal")
    .order_by(_e.seq)
)
_seqs = Statement(select(_e.seq).where(_e.company_id == _of_company).order_by(_e.seq))
_followers = Statement(select(_f.record_id).where(_f.company_id == _of_company, _f.resource == "deal"))
_answers = Statement(select(_i.key, _i.status, _i.body).where(_i.company_id == _of_company))
_counters = Statement(select(_c.kind, _c.last).where(_c.company_id == _of_company))


@dataclass
class Attempt:
    """One write under one key, which is also the title it gives, up to a `|`; `deal_id` None makes a deal."""

    key: str
    deal_id: int | None
    began: float
    outcome: Outcome = "unknown"
    status: int = 0
    retry_after: str | None = None
    replayed: bool = False
    body: Any = None

    @property
    def made_id(self) -> int:
        return int(self.body["data"]["id"])


@dataclass
class Client:
    """One writer's connection, opened anew after it was lost."""

    token: str
    urls: Callable[[], Sequence[str]]
    turn: int
    connection: http.client.HTTPConnection | None = None

    def connect(self) -> bool:
        """Whether there is a server; the next one is tried after a failure."""
        if self.connection is not None:
            return True
        urls = self.urls()
        parts = urlsplit(urls[self.turn % len(urls)])
        fresh = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
        try:
            fresh.connect()
        except OSError:
            self.turn += 1
            return False
        self.connection = fresh
        return True

    def drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def send(self, attempt: Attempt) -> None:
        """Send once and write down how it ended."""
        assert self.connection is not None
        method, path = ("POST", "/api/v2/deals")
        if attempt.deal_id is not None:
            method, path = ("PATCH", f"/api/v2/deals/{attempt.deal_id}")
        headers = {"x-api-token": self.token, "Idempotency-Key": attempt.key, "Content-Type": "application/json"}
        try:
            self.connection.request(method, path, json.dumps({"title": attempt.key}), headers)
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.drop()
            return
        attempt.status = answer.status
        attempt.retry_after = answer.getheader("retry-after")
        attempt.replayed = answer.getheader("idempotent-replayed") == "true"
        attempt.body = json.loads(body)
        if answer.status < 300:
            attempt.outcome = "ok"
        elif answer.status < 500:
            attempt.outcome = "refused"
        if answer.getheader("connection") == "close":
            self.drop()


@dataclass
class Ledger:
    """All attempts on one database, which gets the company `COMPANY`."""

    database: str
    token: str = ""
    attempts: list[Attempt] = field(default_factory=list, repr=False)
    failures: list[Attempt] = field(default_factory=list, repr=False)
    _keys: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        upgrade(self.database)
        with closing(database(self.database).connect(write=True)) as db:
            db.begin()
            self.token = found_company(Tx(db, COMPANY, 0, system_clock())).pipedrive_token
            db.commit()

    # ------------------------------------------------------------------------------------------------- writing

    @contextmanager
    def writing(
        self, urls: Callable[[], Sequence[str]], *, writers: int = 8, pause_s: float = 0
    ) -> Iterator[threading.Event]:
        """Write from several threads until the end, or until the event is set."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._write, args=(Client(self.token, urls, turn), stop, pause_s))
            for turn in range(writers)
        ]
        for thread in threads:
            thread.start()
        try:
            yield stop
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _write(self, client: Client, stop: threading.Event, pause_s: float) -> None:
        mine: list[int] = []
        while not stop.is_set():
            if not client.connect():
                time.sleep(0.02)
                continue
            number = next(self._keys)
            attempt = Attempt(f"key {number}", mine[-1] if mine and number % 3 == 0 else None, time.monotonic())
            self.attempts.append(attempt)
            client.send(attempt)
            if attempt.outcome == "ok" and attempt.deal_id is None:
                mine.append(attempt.made_id)
            if attempt.status >= 500:
                self.failures.append(attempt)
                time.sleep(0.1)
            elif pause_s:
                time.sleep(pause_s)
        client.drop()

    def settle(self, url: str) -> None:
        """Try everything unknown again under its own key."""
        client = Client(self.token, lambda: [url], 0)
        for attempt in self.attempts:
            if attempt.outcome == "unknown":
                assert client.connect()
                client.send(attempt)
        client.drop()
        assert [each for each in self.attempts if each.outcome != "ok"] == []

    def seconds_to_success(self, limit_s: float) -> float:
        """Until a write that began after this call succeeded."""
        began = time.monotonic()
        while time.monotonic() - began < limit_s:
            if any(each.outcome == "ok" and each.began > began for each in self.attempts[-200:]):
                return time.monotonic() - began
            time.sleep(0.01)
        raise AssertionError(f"nothing succeeded for {limit_s} s")

    # ------------------------------------------------------------------------------------------------ comparing

    def differences(self) -> list[str]:
        """What the database holds other than what the clients were told, and what in it does not fit together."""
        with closing(database(self.database).connect(write=False)) as db:
            tx = Tx(db, COMPANY, 0, system_clock())
            deals: dict[int, str] = dict(tx.rows(_deals))
            events = [
                (deal_id, action, json.loads(after) if after else {}) for _, deal_id, action, after in tx.rows(_events)
            ]
            seqs = [seq for (seq,) in tx.rows(_seqs)]
            followers = Counter(deal_id for (deal_id,) in tx.rows(_followers))
            answers = {key: (status, json.loads(body)) for key, status, body in tx.rows(_answers)}
            counters: dict[str, int] = dict(tx.rows(_counters))
            found = wrong_totals(tx)
        titles: dict[int, str] = {}
        effects: Counter[str] = Counter()
        for deal_id, _, after in events:
            if "title" in after:
                titles[deal_id] = after["title"]
                effects[after["title"].partition("|")[0]] += 1
        found += [f"{key} had {count} effects" for key, count in effects.items() if count != 1]
        found += [f"{key} has an effect or an answer alone" for key in set(effects) ^ set(answers)]
        if titles != deals:
            found.append(f"deals and their history differ: {set(titles.items()) ^ set(deals.items())}")
        if followers != Counter(dict.fromkeys(deals, 1)):
            found.append("deals and their followers differ")
        if seqs != list(range(1, counters["event"] + 1)):
            found.append(f"the events have gaps: {len(seqs)} up to {counters['event']}")
        if list(deals) != list(range(1, counters["deal"] + 1)):
            found.append(f"the ids of deals have gaps: {len(deals)} up to {counters['deal']}")
        for attempt in list(self.attempts):
            if attempt.outcome == "ok" and answers.get(attempt.key) != (attempt.status, attempt.body):
                found.append(f"{attempt.key} was acknowledged and is not there")
            if attempt.outcome == "refused" and attempt.key in effects:
                found.append(f"{attempt.key} was refused and is there")
        made = Counter(each.made_id for each in self.attempts if each.outcome == "ok" and each.deal_id is None)
        found += [f"deal {deal_id} was made {count} times" for deal_id, count in made.items() if count != 1]
        return found

    def unannounced(self) -> list[str]:
        """Keys of writes that were done without anyone being told."""
        told = {each.key for each in self.attempts if each.outcome == "ok"}
        with closing(database(self.database).connect(write=False)) as db:
            rows = Tx(db, COMPANY, 0, system_clock()).rows(_answers)
        return [key for key, _, _ in rows if key not in told]
