"""The version 1 deal object, flat and expanded (contract 2.8)."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from dealflow.core import money
from dealflow.core.currencies import decimals
from dealflow.core.deal import Deal, probability, rotten_at, weighted
from dealflow.core.fields import flat_values
from dealflow.core.history import StageEntered, stage_visits
from dealflow.core.party import Party
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.time import SECOND, Instant, local_day, moment, spaced
from dealflow.dialects.pipedrive.deals import chosen_reasons, loss_reason, read_custom, read_label_ids, status
from dealflow.dialects.pipedrive.money import format_amount
from dealflow.dialects.pipedrive.v1.expand import (
    OrganizationRef,
    PersonRef,
    UserRef,
    cc_email,
    organization_ref,
    person_ref,
    user_ref,
)
from dealflow.dialects.pipedrive.v1.pipelines import pipeline_out
from dealflow.dialects.pipedrive.v1.stages import stage_with_pipeline
from dealflow.storage import events, fields, followers, parties, pipelines, users
from dealflow.storage.records import pieces
from dealflow.storage.tx import Tx
from dealflow.wire import NumberOut

UNCOUNTED: Final = (
    "products_count",
    "files_count",
    "notes_count",
    "email_messages_count",
    "activities_count",
    "done_activities_count",
    "undone_activities_count",
)
UNKNOWN: Final = (
    "acv",
    "arr",
    "mrr",
    "acv_currency",
    "arr_currency",
    "mrr_currency",
    "next_activity_date",
    "next_activity_time",
    "next_activity_id",
    "next_activity_subject",
    "next_activity_type",
    "next_activity_duration",
    "next_activity_note",
    "last_activity_id",
    "last_activity_date",
    "last_incoming_mail_time",
    "last_outgoing_mail_time",
    "source_lead_id",
    "score",
    "sequence_enrollment",
)


class PlainDeal(TypedDict):
    """What a deal always has; counts, what is never filled and custom fields stand beside it."""

    id: int
    stage_id: int
    title: str
    value: NumberOut
    currency: str
    add_time: str
    update_time: str
    stage_change_time: str | None
    active: bool
    deleted: bool
    is_archived: bool
    archive_time: str | None
    status: str
    probability: int | None
    lost_reason: str | None
    visible_to: str
    close_time: str | None
    won_time: str | None
    lost_time: str | None
    local_won_date: str | None
    local_lost_date: str | None
    local_close_date: str | None
    first_won_time: str | None
    pipeline_id: int
    expected_close_date: str | None
    label: str | None
    stage_order_nr: int
    person_name: str | None
    org_name: str | None
    owner_name: str
    cc_email: str
    org_hidden: bool
    person_hidden: bool
    rotten_time: str | None
    origin: str
    origin_id: str | None
    channel: int | None
    channel_id: str | None
    followers_count: int
    participants_count: int
    formatted_value: str
    weighted_value: NumberOut
    formatted_weighted_value: str
    weighted_value_currency: str


class FlatDeal(PlainDeal):
    """A deal with the ids of what it links to."""

    creator_user_id: int
    user_id: int
    person_id: int | None
    org_id: int | None


class DealOut(PlainDeal):
    """A deal with what it links to."""

    creator_user_id: UserRef
    user_id: UserRef
    person_id: PersonRef | None
    org_id: OrganizationRef | None


class Shown:
    """How the deals of one answer are shown; loads what they link to in a fixed number of statements."""

    def __init__(self, tx: Tx, found: Sequence[Deal]) -> None:
        self._tx = tx
        self._viewer = users.me(tx)
        self._company = users.company(tx)
        self._stages = pipelines.stages.by_id(tx, (deal.stage_id for deal in found))
        self._pipelines = pipelines.pipelines.by_id(tx, (deal.pipeline_id for deal in found))
        self._parties = _visible_parties(tx, found)
        owners = (user for deal in found for user in (deal.owner_id, deal.creator_id))
        self._users = users.users.by_id(tx, (*owners, *(party.owner_id for party in self._parties.values())))
        persons = [party.id for party in self._parties.values() if party.kind == "person"]
        organizations = [party.id for party in self._parties.values() if party.kind == "organization"]
        self._points = parties.contact_points(tx, persons)
        self._people = parties.people_counts(tx, organizations)
        ids = [deal.id for deal in found]
        self._followers = followers.follower_counts(tx, "deal", ids)
        self._participants = followers.participant_counts(tx, ids)
        self._fields = fields.live(tx, "deal")
        self._reasons = chosen_reasons(tx, found)

    def flat(self, deal: Deal) -> dict[str, Any]:
        """Linked records as plain ids."""
        shown = self._common(deal)
        shown.update(
            creator_user_id=deal.creator_id,
            user_id=deal.owner_id,
            person_id=deal.person_id,
            org_id=deal.organization_id,
        )
        return shown

    def expanded(self, deal: Deal) -> dict[str, Any]:
        """Linked records as objects."""
        shown = self._common(deal)
        shown.update(
            creator_user_id=user_ref(self._users[deal.creator_id]),
            user_id=user_ref(self._users[deal.owner_id]),
            person_id=self._person(deal),
            org_id=self._organization(deal),
        )
        return shown

    def related(self, found: Sequence[Deal]) -> dict[str, Any]:
        """`related_objects`: what the deals link to, each by its id as text."""
        shown: dict[str, dict[str, Any]] = {"user": {}, "organization": {}, "person": {}}
        for deal in found:
            for user_id in (deal.owner_id, deal.creator_id):
                shown["user"][str(user_id)] = without_value(user_ref(self._users[user_id]))
            for kind, ref in (("organization", self._organization(deal)), ("person", self._person(deal))):
                if ref is not None:
                    shown[kind][str(ref["value"])] = {"id": ref["value"], **without_value(ref)}
        return shown

    def related_to_one(self, deal: Deal) -> dict[str, Any]:
        """The same of get-one, which has the stage and the pipeline too."""
        stage = stage_with_pipeline(self._stages[deal.stage_id], self._pipelines)
        return {
            **self.related([deal]),
            "stage": {str(deal.stage_id): {**stage, "company_id": self._company.company_id}},
            "pipeline": {str(deal.pipeline_id): pipeline_out(self._pipelines[deal.pipeline_id], selected=False)},
        }

    def details(self, deal: Deal) -> dict[str, Any]:
        """What get-one adds. The averages of won deals are zeros (contract 6.30)."""
        tx = self._tx
        until = deal.closed_at or tx.now
        order = [stage.id for stage in pipelines.open_stages(tx, deal.pipeline_id)]
        return {
            "average_time_to_won": _span(Instant(0), Instant(0)),
            "average_stage_progress": 0,
            "age": _span(deal.started_at, max(until, deal.started_at)),
            "stay_in_pipeline_stages": {
                "times_in_stages": {str(k): v for k, v in _stays(tx, deal, until).items()},
                "order_of_stages": order,
            },
            "last_activity": None,
            "next_activity": None,
        }

    def dropbox_email(self, deal: Deal) -> str:
        """The address that files a mail with the deal."""
        return cc_email(self._company.domain, deal.id)

    def _party(self, party_id: int | None) -> Party | None:
        """A linked party, unless it is hidden from the caller."""
        return None if party_id is None else self._parties.get(party_id)

    def _person(self, deal: Deal) -> PersonRef | None:
        party = self._party(deal.person_id)
        return None if party is None else person_ref(party, self._points.get(party.id, ()))

    def _organization(self, deal: Deal) -> OrganizationRef | None:
        party = self._party(deal.organization_id)
        if party is None:
            return None
        owner = self._users[party.owner_id].name
        return organization_ref(party, self._people.get(party.id, 0), owner, cc_email(self._company.domain))

    def _common(self, deal: Deal) -> dict[str, Any]:
        stage, pipeline = self._stages[deal.stage_id], self._pipelines[deal.pipeline_id]
        person, organization = self._party(deal.person_id), self._party(deal.organization_id)
        shown: dict[str, Any] = {
            "id": deal.id,
            "creator_user_id": None,
            "user_id": None,
            "person_id": None,
            "org_id": None,
            "stage_id": deal.stage_id,
            "title": deal.title,
            "value": money.number(deal.value),
            "currency": deal.currency,
            "add_time": spaced(deal.started_at),
            "update_time": spaced(deal.updated_at),
            "stage_change_time": _spaced(deal.stage_changed_at),
            "active": deal.is_open and deal.deleted_at is None,
            "deleted": deal.deleted_at is not None,
            "is_archived": deal.archived_at is not None,
            "archive_time": _spaced(deal.archived_at),
            "status": status(deal),
            "probability": deal.probability,
            "lost_reason": loss_reason(deal, self._reasons),
            "visible_to": str(deal.visibility),
            **self._closing(deal),
            "first_won_time": _spaced(deal.first_won_at),
            "pipeline_id": deal.pipeline_id,
            "expected_close_date": deal.expected_close,
            "label": ",".join(map(str, read_label_ids(deal.label_ids))) or None,
            "stage_order_nr": stage.position,
            "person_name": person.name if person else None,
            "org_name": organization.name if organization else None,
            "owner_name": self._users[deal.owner_id].name,
            "cc_email": cc_email(self._company.domain, deal.id),
            "org_hidden": deal.organization_id is not None and organization is None,
            "person_hidden": deal.person_id is not None and person is None,
            "rotten_time": _spaced(rotten_at(deal, stage.rots_after_days)),
            "origin": deal.origin,
            "origin_id": deal.origin_id,
            "channel": deal.channel,
            "channel_id": deal.channel_id,
            "followers_count": self._followers.get(deal.id, 0),
            "participants_count": self._participants.get(deal.id, 0),
            **self._worth(deal, stage, pipeline),
        }
        for name in UNCOUNTED:
            shown[name] = 0
        for name in UNKNOWN:
            shown[name] = None
        if self._fields:
            shown.update(flat_values(self._fields, read_custom(deal.custom_fields)))
        return shown

    def _closing(self, deal: Deal) -> dict[str, Any]:
        closed_at = deal.closed_at
        time = _spaced(closed_at)
        day = None if closed_at is None else local_day(closed_at, self._company.timezone)
        won, lost = deal.outcome == "won", deal.outcome in ("lost", "unqualified")
        return {
            "close_time": time,
            "won_time": time if won else None,
            "lost_time": time if lost else None,
            "local_won_date": day if won else None,
            "local_lost_date": day if lost else None,
            "local_close_date": day,
        }

    def _worth(self, deal: Deal, stage: Stage, pipeline: Pipeline) -> dict[str, Any]:
        percent = probability(deal, stage, probability_enabled=pipeline.probability_enabled)
        units = weighted(deal.value, percent, decimals(deal.currency))
        return {
            "formatted_value": format_amount(deal.value, deal.currency, self._viewer.currency),
            "weighted_value": money.number(units),
            "formatted_weighted_value": format_amount(units, deal.currency, self._viewer.currency),
            "weighted_value_currency": deal.currency,
        }


def _spaced(at: Instant | None) -> str | None:
    return None if at is None else spaced(at)


def _visible_parties(tx: Tx, found: Sequence[Deal]) -> dict[int, Party]:
    """The persons and organizations of deals, by id, as far as the caller may see them."""
    linked = {party_id for deal in found for party_id in (deal.person_id, deal.organization_id) if party_id is not None}
    visible = parties.visible_to(users.me(tx))
    return {
        party.id: party for piece in pieces(sorted(linked)) for party in parties.parties.page_by_ids(tx, piece, visible)
    }


def without_value(ref: Mapping[str, Any]) -> dict[str, Any]:
    """A linked record as `related_objects` shows it."""
    return {name: value for name, value in ref.items() if name != "value"}


def _span(begin: Instant, end: Instant) -> dict[str, int]:
    """The time between two instants in calendar units and in seconds."""
    first, last = moment(begin), moment(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    rest = (last.day - first.day, last.hour - first.hour, last.minute - first.minute, last.second - first.second)
    seconds = ((rest[0] * 24 + rest[1]) * 60 + rest[2]) * 60 + rest[3]
    if seconds < 0:
        months -= 1
        seconds += _days_before(last.year, last.month) * 86_400
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    return {
        "y": months // 12,
        "m": months % 12,
        "d": days,
        "h": hours,
        "i": minutes,
        "s": seconds,
        "total_seconds": (end - begin) // SECOND,
    }


def _days_before(year: int, month: int) -> int:
    """The length of the month before this one."""
    return monthrange(year - 1, 12)[1] if month == 1 else monthrange(year, month - 1)[1]


def _stays(tx: Tx, deal: Deal, until: Instant) -> dict[int, int]:
    """Seconds in each stage the deal has stood in."""
    entries = [
        StageEntered(event.after["stage_id"], event.at)
        for event in events.of_record(tx, "deal", deal.id)
        if event.after is not None and "stage_id" in event.after
    ]
    seconds: dict[int, int] = {}
    if entries:
        for visit in stage_visits(entries, max(until, entries[-1].at)):
            seconds[visit.stage_id] = seconds.get(visit.stage_id, 0) + (visit.left_at - visit.entered_at) // SECOND
    return seconds
