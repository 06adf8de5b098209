"""The demo company: a believable past, the same for the same seed and day.

`Story` invents, and touches neither clock nor database; `set_the_stage` and `tell` write it down.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from dealflow.actions.companies import Secrets, new_token, new_user, set_up_company
from dealflow.actions.history import Acquaintance, Life, Moment, add_past
from dealflow.actions.pipelines import add_pipeline, add_stage
from dealflow.cli.story_words import (
    COMPANY,
    CURRENCIES,
    EARLY_REASONS,
    FIRMS,
    FIRST_NAMES,
    FORMS,
    LAST_NAMES,
    LATE_REASONS,
    PACE,
    PEOPLE,
    PIPELINES,
    TIMEZONE,
    TRADES,
    WORKLOAD,
    PipelinePlan,
)
from dealflow.core.deal import PRIVATE, Deal, close, move, new_deal
from dealflow.core.money import UNIT, Amount
from dealflow.core.party import ORGANIZATION, PERSON, ContactPoint, Party
from dealflow.core.pipeline import Stage
from dealflow.core.text import search_key, sort_key
from dealflow.core.time import Day, Instant, instant, moment
from dealflow.storage import counters, users
from dealflow.storage.bulk import Progress
from dealflow.storage.tx import Tx

HISTORY_DAYS: Final = 548
RECENT_DAYS: Final = 75
OPENING: Final = time(8, 30)
WORKDAY_S: Final = 9 * 3600
SATURDAY: Final = 5
EVERYONE: Final = 3
PLAIN: Final = str.maketrans({"í": "i", "é": "e", "á": "a", "ó": "o", "ã": "a"})


class Cast(NamedTuple):
    """What the story is told with: user ids as in `PEOPLE`, open stages by pipeline as in `PIPELINES`."""

    users: list[int]
    stages: list[list[Stage]]
    first_party_id: int


class Customer(NamedTuple):
    """An organization and the persons known there."""

    organization_id: int
    name: str
    people: list[int]


class Story:
    """Invents deals that began before `today`, and the parties they are with."""

    def __init__(self, seed: int, today: date, cast: Cast) -> None:
        self.random = random.Random(seed)  # noqa: S311  invented data, no secrets
        self.today = today
        self.cast = cast
        self.acquaintances: list[Acquaintance] = []
        self._party_ids = count(cast.first_party_id)
        self._customers: list[Customer] = []
        self._names: set[str] = set()
        self._zone = ZoneInfo(TIMEZONE)

    def lives(self, deals: int) -> list[Life]:
        """That many deals, oldest first."""
        return [self._life(at) for at in sorted(self._at_work(self._first_day()) for _ in range(deals))]

    # -------------------------------------------------------------------------------------------------------- time

    def _first_day(self) -> date:
        """Some day of the history, more often a recent one, never a weekend."""
        days = HISTORY_DAYS if self.random.random() < 0.52 else RECENT_DAYS
        day = self.today - timedelta(days=self.random.randint(1, days))
        while day.weekday() >= SATURDAY:
            day -= timedelta(days=1)
        return day

    def _at_work(self, day: date) -> Instant:
        """Some moment of a working day."""
        start = datetime.combine(day, OPENING, self._zone)
        return instant(start + timedelta(seconds=self.random.randint(0, WORKDAY_S)))

    def _after(self, day: date, typical_days: float) -> date:
        """The working day about so many days later."""
        days = self.random.lognormvariate(0, 0.7) * typical_days
        later = day + timedelta(days=max(1, round(days)))
        while later.weekday() >= SATURDAY:
            later += timedelta(days=1)
        return later

    # ------------------------------------------------------------------------------------------------------- deals

    def _life(self, at: Instant) -> Life:
        which = 0 if self.random.random() < PIPELINES[0].share else 1
        plan, stages = PIPELINES[which], self.cast.stages[which]
        who = self.random.choices(range(len(PEOPLE)), WORKLOAD)[0]
        day = moment(at).astimezone(self._zone).date()
        first = self._new_deal(plan, stages, who, at)
        moments = [Moment(at, first.creator_id, first)]
        moments += self._course(plan, stages, PACE[who], day, first)
        return Life(moments)

    def _new_deal(self, plan: PipelinePlan, stages: list[Stage], who: int, at: Instant) -> Deal:
        owner = self.cast.users[who]
        customer = self._customer(owner, at)
        year = (moment(at) + timedelta(days=90)).year
        title = f"{customer.name}: {self.random.choice(plan.subjects).format(year=year)}"
        currency = self.random.choices(list(CURRENCIES), [share for share, _ in CURRENCIES.values()])[0]
        stage = stages[0] if self.random.random() < 0.85 else stages[1]
        return new_deal(title, stage, owner, currency, at)._replace(
            value=self._worth(plan.worth, currency),
            creator_id=owner if self.random.random() < 0.8 else self.cast.users[0],
            person_id=self.random.choice(customer.people),
            organization_id=customer.organization_id,
            visibility=PRIVATE if self.random.random() < 0.03 else EVERYONE,
            origin="ManuallyCreated",
        )

    def _worth(self, typical: int, currency: str) -> Amount:
        """A sum as people write them into offers."""
        worth = typical * self.random.lognormvariate(0, 0.85) * CURRENCIES[currency][1]
        step = next(step for limit, step in ((2_000, 50), (20_000, 100), (10**12, 1_000)) if worth < limit)
        return Amount(max(step, round(worth / step) * step) * UNIT)

    def _course(self, plan: PipelinePlan, stages: list[Stage], pace: float, day: date, deal: Deal) -> Iterator[Moment]:
        """What becomes of a deal from `day` until today."""
        place = next(i for i, stage in enumerate(stages) if stage.id == deal.stage_id)
        if self.random.random() < 0.15:
            pace *= 4
        while True:
            day = self._after(day, plan.stages[place].stay_days * pace)
            if day >= self.today:
                return
            at = self._at_work(day)
            if self.random.random() > plan.stages[place].onward:
                deal = self._lost(deal, place, at)
                yield Moment(at, deal.owner_id, deal)
                day = self._after(day, 25)
                if self.random.random() > 0.08 or day >= self.today:
                    yield from self._put_away(deal, day)
                    return
                at = self._at_work(day)
                deal = close(deal, "open", at)._replace(loss_reason=None)
            elif place == len(stages) - 1:
                deal = close(deal, "won", at)._replace(probability=None)
                yield Moment(at, deal.owner_id, deal)
                return
            else:
                place = self._next_place(place, len(stages))
                deal = self._carried_on(move(deal, stages[place], at), plan, place, day)
            yield Moment(at, self._actor(deal), deal)

    def _next_place(self, place: int, stages: int) -> int:
        """Mostly the next stage, at times one further, or one back."""
        step = self.random.choices((1, 2, -1), (86, 8, 6))[0]
        return min(place + step, stages - 1) if place + step >= 0 else place + 1

    def _carried_on(self, deal: Deal, plan: PipelinePlan, place: int, day: date) -> Deal:
        """What else changes as a deal moves on: sum, expected close, probability, owner."""
        stage = plan.stages[place]
        if place >= 2 and self.random.random() < 0.22:
            changed = round(deal.value * self.random.uniform(0.75, 1.35) / (50 * UNIT)) * 50 * UNIT
            deal = deal._replace(value=Amount(max(50 * UNIT, changed)))
        if place >= 2 and (deal.expected_close is None or self.random.random() < 0.2):
            ahead = sum(each.stay_days for each in plan.stages[place:]) * self.random.uniform(0.8, 1.8)
            expected = day + timedelta(days=round(ahead))
            deal = deal._replace(expected_close=Day(expected.isoformat()))
        if plan.probability_enabled and place >= 3 and self.random.random() < 0.3:
            percent = min(95, max(5, stage.likelihood + self.random.randrange(-20, 16, 5)))
            deal = deal._replace(probability=percent)
        if self.random.random() < 0.03:
            deal = deal._replace(owner_id=self.random.choice(self.cast.users[1:]))
        return deal

    def _lost(self, deal: Deal, place: int, at: Instant) -> Deal:
        if place == 0 and self.random.random() < 0.3:
            return close(deal, "unqualified", at)
        reasons = EARLY_REASONS if place < 3 else LATE_REASONS
        return close(deal, "lost", at)._replace(loss_reason=self.random.choice(reasons))

    def _put_away(self, deal: Deal, day: date) -> Iterator[Moment]:
        """Some lost deals are archived in the end, a few deleted."""
        if day >= self.today:
            return
        at = self._at_work(day)
        fate = self.random.random()
        if fate < 0.06:
            yield Moment(at, self.cast.users[0], deal._replace(archived_at=at))
        elif fate < 0.08:
            yield Moment(at, self.cast.users[0], deal._replace(deleted_at=at))

    def _actor(self, deal: Deal) -> int:
        return deal.owner_id if self.random.random() < 0.92 else self.cast.users[0]

    # ----------------------------------------------------------------------------------------------------- parties

    def _customer(self, owner: int, at: Instant) -> Customer:
        """A known customer or a new one."""
        if self._customers and self.random.random() < 0.4:
            return self.random.choice(self._customers)
        name = self._firm()
        organization_id = next(self._party_ids)
        people = [next(self._party_ids) for _ in range(self.random.choices((1, 2, 3), (60, 30, 10))[0])]
        self.acquaintances.append(self._party(organization_id, ORGANIZATION, name, owner, at))
        for person_id in people:
            self.acquaintances.append(self._person(person_id, organization_id, name, owner, at))
        customer = Customer(organization_id, name, people)
        self._customers.append(customer)
        return customer

    def _firm(self) -> str:
        """A name not given before."""
        name = f"{self.random.choice(FIRMS)} {self.random.choice(TRADES)}"
        if name in self._names:
            name = f"{name} {self.random.choice(FORMS)}"
        if name in self._names:
            name = f"{name} {len(self._names)}"
        self._names.add(name)
        return name

    def _person(self, person_id: int, organization_id: int, firm: str, owner: int, at: Instant) -> Acquaintance:
        first, last = self.random.choice(FIRST_NAMES), self.random.choice(LAST_NAMES)
        made = self._party(person_id, PERSON, f"{first} {last}", owner, at)
        host = search_key(firm).replace(" ", "-")
        address = f"{search_key(first)}.{search_key(last)}@{host}.example".translate(PLAIN)
        number = f"+49 30 5550{self.random.randint(0, 9999):04}"
        points = [
            ContactPoint(person_id, "email", 0, "work", address, search_key(address), is_primary=True),
            ContactPoint(person_id, "phone", 0, "work", number, search_key(number), is_primary=True),
        ]
        party = made.party._replace(
            first_name=first,
            first_key=sort_key(first),
            last_name=last,
            last_key=sort_key(last),
            organization_id=organization_id,
        )
        return Acquaintance(party, points)

    def _party(self, party_id: int, kind: str, name: str, owner: int, at: Instant) -> Acquaintance:
        party = Party(
            id=party_id,
            kind=kind,
            name=name,
            name_key=search_key(name),
            first_name=None,
            last_name=None,
            organization_id=None,
            owner_id=owner,
            creator_id=owner,
            visibility=EVERYONE,
            label_ids="[]",
            details="{}",
            custom_fields="{}",
            created_at=at,
            updated_at=at,
            deleted_at=None,
            version=1,
        )
        return Acquaintance(party, [])


def beginning(today: date) -> Instant:
    """When the company was set up: the midnight before its history."""
    day = today - timedelta(days=HISTORY_DAYS + 3)
    return instant(datetime.combine(day, time(), ZoneInfo(TIMEZONE)))


def set_the_stage(tx: Tx) -> Cast:
    """The company, its people, pipelines and stages, all made at the moment of `tx`."""
    (name, email), *others = PEOPLE
    set_up_company(tx, COMPANY, currency="EUR", timezone=TIMEZONE, admin_name=name, admin_email=email, template="empty")
    for name, email in others:
        new_user(tx, name, email)
    stages = []
    for plan in PIPELINES:
        pipeline = add_pipeline(tx, plan.name, probability_enabled=plan.probability_enabled)
        stages.append(
            [
                add_stage(
                    tx,
                    pipeline.id,
                    stage.name,
                    likelihood=stage.likelihood,
                    rot_enabled=stage.rot_days is not None,
                    rot_days=stage.rot_days,
                )
                for stage in plan.stages
            ]
        )
    return Cast([user.id for user in users.everyone(tx)], stages, counters.hold(tx, "party") + 1)


def tell(tx: Tx, seed: int, today: date, deals: int, progress: Progress = lambda _: None) -> None:
    """Fill a fresh company with people, pipelines and so many deals."""
    story = Story(seed, today, set_the_stage(tx))
    lives = story.lives(deals)
    if story.acquaintances:
        counters.next_id(tx, "party", len(story.acquaintances))
    add_past(tx, story.acquaintances, lives, progress)


def fresh_tokens(tx: Tx) -> list[Secrets]:
    """All users with new tokens in the place of those they had."""
    return [
        Secrets(user, new_token(tx, user.id, "pipedrive"), new_token(tx, user.id, "sell"))
        for user in users.everyone(tx)
        if user.is_active
    ]
