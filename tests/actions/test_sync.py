"""A device that takes, forgets and acknowledges at random ends up with what there is."""

import random
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from dealflow.actions import deals, parties, pipelines, sync
from dealflow.core.deal import contact_of
from dealflow.dialects.sell.v2.shown import Shown, look
from dealflow.storage import deals as stored_deals
from dealflow.storage import parties as stored_parties
from dealflow.storage import pipelines as stored_pipelines
from dealflow.storage.followers import participants
from dealflow.storage.sync import KNOWN, NEW, Item, Session
from dealflow.storage.tx import Tx

STEPS: Final = 120
PEOPLE: Final = 4

Key = tuple[str, int, int]


def key_of(item: Item) -> Key:
    return item.subject, item.record_id, item.part_id


class Device:
    """Keeps what it is told, and checks that this fits what it was told and acknowledged before."""

    def __init__(self, tx: Tx, dice: random.Random) -> None:
        self.tx = tx
        self.dice = dice
        self.kept: dict[Key, Any] = {}
        self.heard: set[Key] = set()
        self.acknowledged: set[Key] = set()
        self.known: set[Key] = set()
        self.wrong: list[str] = []
        self.session: Session | None = None
        self.taken: list[tuple[Item, Shown]] = []

    def start(self) -> None:
        started = sync.start_session(self.tx, "device")
        self.session = started.session if started else None

    def take(self) -> bool:
        """One page; says whether there was something."""
        if self.session is None:
            return False
        session = sync.open_session(self.tx, "device", self.session.uuid)
        told, _ = sync.next_items(self.tx, session, lambda items: look(self.tx, items))
        for item, shown in told:
            self.hear(item, shown)
        return bool(told)

    def hear(self, item: Item, shown: Shown) -> None:
        key = key_of(item)
        self.taken.append((item, shown))
        if shown.is_gone and key not in self.heard:
            self.wrong.append(f"{key} is gone and was never here")
        if not shown.is_gone and item.state == KNOWN and key not in self.acknowledged:
            self.wrong.append(f"{key} is updated and was never acknowledged")
        # Who comes back while a page is made may be told as new once more.
        if not shown.is_gone and item.state != KNOWN and key in self.known and item.subject != "participant":
            self.wrong.append(f"{key} is created and was acknowledged")
        if item.state == NEW and key in self.heard - self.acknowledged:
            self.wrong.append(f"{key} is new and was heard of")
        self.heard.add(key)
        self.kept.pop(key, None)
        if not shown.is_gone:
            self.kept[key] = msgspec.to_builtins(shown.data)

    def acknowledge(self, share: float) -> None:
        """Some of what was taken since the last time; the rest is forgotten."""
        for item, shown in self.taken:
            if self.dice.random() < share:
                sync.acknowledge(self.tx, "device", [item])
                self.acknowledged.add(key_of(item))
                (self.known.discard if shown.is_gone else self.known.add)(key_of(item))
        self.taken = []

    def finish(self) -> None:
        """Take everything until there is nothing."""
        self.start()
        while self.session is not None:
            while self.take():
                pass
            self.acknowledge(1)
            self.start()


class Company:
    """Things that happen at random."""

    def __init__(self, tx: Tx, dice: random.Random) -> None:
        self.tx = tx
        self.dice = dice
        self.people = [parties.add_person(tx, {"name": f"Person {number}"}).id for number in range(PEOPLE)]
        self.deals = [self.new_deal() for _ in range(3)]

    def person(self) -> int:
        return self.dice.choice(self.people)

    def deal(self) -> int:
        return self.dice.choice(self.deals)

    def new_deal(self) -> int:
        return deals.add_deal(self.tx, {"title": "Deal", "person_id": self.dice.choice([None, *self.people])}).id

    def happen(self) -> None:
        self.dice.choice(
            [self.add, self.rename, self.remove, self.lead, self.lead, self.join, self.join, self.leave, self.stage]
        )()

    def add(self) -> None:
        self.deals.append(self.new_deal())

    def rename(self) -> None:
        deals.update_deal(self.tx, self.deal(), {"title": f"Deal {self.dice.random()}"})

    def remove(self) -> None:
        if len(self.deals) > 1:
            self.deals.remove(gone := self.deal())
            deals.delete_deal(self.tx, gone)

    def lead(self) -> None:
        deals.update_deal(self.tx, self.deal(), {"person_id": self.person()})

    def join(self) -> None:
        deals.add_participant(self.tx, self.deal(), self.person())

    def leave(self) -> None:
        deal = stored_deals.deals.get(self.tx, self.deal())
        for each in participants.all(self.tx, {"deal": {"deal_id": deal.id}}):
            if each.person_id != deal.person_id:
                deals.remove_participant(self.tx, deal.id, each.id)

    def stage(self) -> None:
        pipelines.update_stage(self.tx, 2, {"name": f"Stage {self.dice.random()}"})

    def there(self) -> set[Key]:
        """The keys of what there is, of the kinds that change here."""
        found = stored_deals.deals.all(self.tx, {"not_deleted": {}})
        primary = {deal.id: contact_of(deal) for deal in found}
        return {
            *(("party", party.id, 0) for party in stored_parties.parties.all(self.tx, {"not_deleted": {}})),
            *(("deal", deal_id, 0) for deal_id in primary),
            *(
                ("participant", each.deal_id, each.person_id)
                for each in participants.all(self.tx, {})
                if each.deal_id in primary and primary[each.deal_id] != each.person_id
            ),
        }


@pytest.mark.parametrize("seed", range(6))
def test_a_device_ends_up_with_what_there_is(tx: Tx, seed: int) -> None:
    dice = random.Random(seed)
    company, device = Company(tx, dice), Device(tx, dice)
    does: list[Callable[[], object]] = [device.start, device.take, lambda: device.acknowledge(dice.choice((0, 0.5, 1)))]
    for _ in range(STEPS):
        dice.choice([*[company.happen] * 4, *does])()
    device.finish()
    changing = {key for key in device.kept if key[0] in ("party", "deal", "participant")}
    deleted = {key for key in changing if key[0] == "participant" and key[1] not in company.deals}
    assert (device.wrong, changing - deleted) == ([], company.there())


@pytest.mark.parametrize("seed", range(2))
def test_what_it_has_is_the_newest_state(tx: Tx, seed: int) -> None:
    dice = random.Random(seed)
    company, device = Company(tx, dice), Device(tx, dice)
    does: list[Callable[[], object]] = [device.start, device.take, lambda: device.acknowledge(0.5)]
    for _ in range(STEPS):
        dice.choice([*[company.happen] * 2, *does])()
    device.finish()
    there = {deal.id: deal.title for deal in stored_deals.deals.all(tx, {"not_deleted": {}})}
    assert {key[1]: data["name"] for key, data in device.kept.items() if key[0] == "deal"} == there
    assert (
        device.kept["pipeline", 1, 0]["stages"]["items"][1]["data"]["name"] == stored_pipelines.stages.get(tx, 2).name
    )
