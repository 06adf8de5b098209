"""The vendor's own client mirrors a company through its sync loop while the server is killed and started again."""

import uuid
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from dealflow.actions import deals as actions
from dealflow.actions.companies import Secrets
from dealflow.actions.history import Life, Moment, add_past
from dealflow.server.calls import system_clock
from dealflow.storage import deals
from dealflow.storage.database import Connection
from dealflow.storage.database import database as open_database
from dealflow.storage.migrations import upgrade
from dealflow.storage.tx import Tx
from tests.support.databases import Homes, found_company
from tests.support.process import ServerProcess
from tests.support.server import used_tokens

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its regular expressions are older than Python's rules for them
    import basecrm

COMPANY: Final = 1
OLD: Final = 2_000
YOUNG: Final = 2_000
RENAMED: Final = 1_500
REMOVED: Final = 500
# An old deal was made and changed twice.
CHANGES: Final = 3 * OLD + YOUNG + RENAMED + REMOVED


class Company:
    """A company whose deals change without the server's doing."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        with self.acting(0) as tx:
            self.admin: Secrets = found_company(tx)
            self.pattern = actions.add_deal(tx, {"title": "Pattern"})
            actions.delete_deal(tx, self.pattern.id)
        used_tokens.add(self.admin.sell_token)

    @contextmanager
    def acting(self, user_id: int) -> Iterator[Tx]:
        self.db.begin()
        yield Tx(self.db, COMPANY, user_id, system_clock())
        self.db.commit()

    def life(self, *titles: str) -> Life:
        """A deal that was called one after the other."""
        by = self.admin.user.id
        return Life([Moment(system_clock(), by, self.pattern._replace(title=title)) for title in titles])

    def begin(self) -> None:
        """What there is when the mirror is set up."""
        with self.acting(self.admin.user.id) as tx:
            add_past(tx, [], [self.life("First", "Second", f"Old {number}") for number in range(OLD)])

    def go_on(self) -> None:
        """New deals come, old ones are renamed or go."""
        with self.acting(self.admin.user.id) as tx:
            add_past(tx, [], [self.life(f"Young {number}") for number in range(YOUNG)])
            first = self.pattern.id + 1
            for deal_id in range(first, first + RENAMED):
                actions.update_deal(tx, deal_id, {"title": f"Renamed {deal_id}"})
            for deal_id in range(first + RENAMED, first + RENAMED + REMOVED):
                actions.delete_deal(tx, deal_id)

    def titles(self) -> dict[int, str]:
        """The deals there are."""
        with self.acting(self.admin.user.id) as tx:
            return {deal.id: deal.title for deal in deals.deals.all(tx, {"not_deleted": {}})}


class Mirror:
    """What a program keeps of the deals; at the item `kill_at` the server dies and comes back elsewhere."""

    def __init__(self, server: ServerProcess, token: str) -> None:
        self.server = server
        self.client = basecrm.Client(access_token=token, base_url=server.url)
        self.kept: dict[int, str] = {}
        self.told: list[tuple[str, int]] = []

    def sync(self, *, kill_at: int) -> Counter[str]:
        """Take what is new; how many of each event that was."""
        self.told = []

        def take(meta: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
            if meta["type"] == "deal":
                self.take(meta["sync"]["event_type"], data)
                if len(self.told) == kill_at:
                    self.server.kill()
                    self.server.start()
                    self.client.config.base_url = self.server.url
            return bool(basecrm.Sync.ACK)

        basecrm.Sync(client=self.client, device_uuid="mirror").fetch(take)
        return Counter(event for event, _ in self.told)

    def take(self, event: str, data: Mapping[str, Any]) -> None:
        self.told.append((event, data["id"]))
        if event == "deleted":
            del self.kept[data["id"]]
        else:
            self.kept[data["id"]] = data["name"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, homes: Homes, tmp_path: Path) -> str:
    """An empty database of one's own."""
    made = (
        f"sqlite:///{tmp_path / 'mirrored.db'}"
        if request.param == "sqlite"
        else homes.cluster.create_database(f"mirrored_{uuid.uuid4().hex}")
    )
    upgrade(made)
    return made


@pytest.fixture
def company(url: str) -> Iterator[Company]:
    db = open_database(url).connect(write=True)
    yield Company(db)
    db.close()


@pytest.fixture
def mirror(url: str, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ServerProcess(url, tmp_path, quick=True) as server:
        yield Mirror(server, company.admin.sell_token)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_changes_arrive_once_although_the_server_dies(company: Company, mirror: Mirror) -> None:
    company.begin()
    assert mirror.sync(kill_at=OLD // 2) == {"created": OLD}
    company.go_on()
    assert mirror.sync(kill_at=YOUNG) == {"created": YOUNG, "updated": RENAMED, "deleted": REMOVED}
    assert (CHANGES, mirror.kept) == (10_000, company.titles())


def test_a_program_that_dies_itself_is_told_again_of_what_it_did_not_acknowledge(
    company: Company, mirror: Mirror
) -> None:
    service = mirror.client.sync
    session = service.start("mirror")
    first = service.fetch("mirror", session["id"])
    service.ack("mirror", [each["meta"]["sync"]["ack_key"] for each in first[:5]])
    again = service.fetch("mirror", service.start("mirror")["id"])
    assert [each["meta"]["sync"]["ack_key"] for each in again] == [
        each["meta"]["sync"]["ack_key"] for each in first[5:]
    ]
