"""Records as the log tells of them: what they were behind each event, in the shapes of the Firehose (contract 3.2).

A creation holds the whole record and each later event what it changed, so the events of a record up to one of them
give its state at that time. What is beside the record, such as the names of its tags, is shown as it is now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from dealflow.actions.parties import NUMBER_KINDS
from dealflow.core.activity import Activity
from dealflow.core.call import Call, Visit
from dealflow.core.collaboration import Collaboration
from dealflow.core.company import User
from dealflow.core.deal import Deal
from dealflow.core.fields import Field
from dealflow.core.lead import Lead
from dealflow.core.note import Note
from dealflow.core.party import ORGANIZATION, PERSON, ContactPoint, Party
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.product import LineItem, Order, Product
from dealflow.core.term import DEAL_SOURCE, LEAD_SOURCE, VISIT_OUTCOME, Term
from dealflow.dialects.sell.custom_values import TYPES, by_name
from dealflow.dialects.sell.v2 import contacts, leads
from dealflow.dialects.sell.v2 import deals as deal_shapes
from dealflow.dialects.sell.v2.calls import DealLinks, call_out
from dealflow.dialects.sell.v2.collaborations import collaboration_out
from dealflow.dialects.sell.v2.dictionaries import term_out
from dealflow.dialects.sell.v2.line_items import line_item_out
from dealflow.dialects.sell.v2.notes import note_out
from dealflow.dialects.sell.v2.orders import order_out
from dealflow.dialects.sell.v2.pipelines import pipeline_out
from dealflow.dialects.sell.v2.products import product_out
from dealflow.dialects.sell.v2.stages import stage_out, with_categories
from dealflow.dialects.sell.v2.tags import tag_out
from dealflow.dialects.sell.v2.tasks import task_out
from dealflow.dialects.sell.v2.users import user_out
from dealflow.dialects.sell.v2.visits import visit_out
from dealflow.storage import events, fields, orders, pipelines, terms, users
from dealflow.storage.events import Entry, Event
from dealflow.storage.fields import Label
from dealflow.storage.sight import abouts_in_sight, deals_in_sight, parties_in_sight
from dealflow.storage.tx import Tx

Shape = dict[str, Any]


class State(NamedTuple):
    """A record behind one of its events: its row, and all that the log holds of it."""

    row: Any
    logged: Mapping[str, Any]


class Told(NamedTuple):
    """An event with its number among those of its record, and the states around it."""

    event: Event
    number: int
    before: State | None
    after: State


class Subject(NamedTuple):
    """What a stream tells of; `kind` is its type on the wire.

    `resources` are the log's words for it, none if nothing is recorded. `shapes` gives the wire objects of states.
    `seen` gives the ids of the records that the acting user may see.
    """

    kind: str
    resources: tuple[str, ...]
    row: type
    shapes: Callable[[Tx, Sequence[State]], list[Shape]]
    seen: Callable[[Tx, Sequence[State]], Iterable[int]]


def tell(tx: Tx, subject: Subject, entries: Sequence[Entry]) -> list[Told]:
    """Events of a subject with the states around them, in order; what the user may not see is left out."""
    if not entries:
        return []
    wanted = {each.event.seq for each in entries}
    record_ids = sorted({each.record_id for each in entries})
    history = events.of_records(tx, subject.resources, record_ids, entries[-1].event.seq)
    told = [each for each in _states(subject.row, history) if each.event.seq in wanted]
    seen = set(subject.seen(tx, [each.after for each in told]))
    return sorted((each for each in told if each.after.row.id in seen), key=lambda each: each.event.seq)


def _states(row: type, history: Iterable[Entry]) -> list[Told]:
    """Every event of some records, oldest first for each; records whose beginning is not in the log are left out."""
    states: dict[int, State] = {}
    numbers: dict[int, int] = {}
    told = []
    for each in history:
        before = states.get(each.record_id)
        if before is None and each.event.action != "created":
            continue
        number = numbers[each.record_id] = numbers.get(each.record_id, 0) + 1
        logged = {**(before.logged if before else {}), **(each.event.after or {})}
        logged.update(id=each.record_id, version=number, updated_at=each.event.at)
        states[each.record_id] = after = State(_row(row, logged), logged)
        told.append(Told(each.event, number, before, after))
    return told


def _row(row: Any, logged: Mapping[str, Any]) -> Any:
    """The log leaves out what is null, and the keys, which nobody shows."""
    absent = row._field_defaults
    return row(**{name: logged.get(name, absent.get(name)) for name in row._fields})


# --------------------------------------------------------------------------------------------------- who sees what


def _all(_: Tx, states: Sequence[State]) -> list[int]:
    return [each.row.id for each in states]


def _seen_deals(tx: Tx, states: Sequence[State]) -> set[int]:
    return deals_in_sight(tx, (each.row.id for each in states))


def _seen_contacts(tx: Tx, states: Sequence[State]) -> set[int]:
    return parties_in_sight(tx, (each.row.id for each in states))


def _seen_linked(tx: Tx, states: Sequence[State]) -> list[int]:
    """What is about another record is seen by who sees that."""
    seen = abouts_in_sight(tx, (each.row.about for each in states))
    return [each.row.id for each in states if each.row.about in seen]


def _seen_orders(tx: Tx, states: Sequence[State]) -> list[int]:
    seen = deals_in_sight(tx, (each.row.deal_id for each in states))
    return [each.row.id for each in states if each.row.deal_id in seen]


def _seen_line_items(tx: Tx, states: Sequence[State]) -> list[int]:
    """Those of orders that are gone are seen by admins alone."""
    if users.me(tx).is_admin:
        return _all(tx, states)
    deal_of = {order.id: order.deal_id for order in orders.orders.by_id(tx, (s.row.order_id for s in states)).values()}
    seen = deals_in_sight(tx, deal_of.values())
    return [each.row.id for each in states if deal_of.get(each.row.order_id) in seen]


def _sources(_: Tx, states: Sequence[State]) -> list[int]:
    return [each.row.id for each in states if each.row.kind in (DEAL_SOURCE, LEAD_SOURCE)]


# ---------------------------------------------------------------------------------------------------------- shapes


class _Nested:
    """Tags and custom fields as objects of their own."""

    def __init__(self, tx: Tx, resource_type: str, *resources: str) -> None:
        self._tx = tx
        self._type = resource_type
        self._resources = resources

    @cached_property
    def _labels(self) -> dict[str, Label]:
        return {label.name: label for label in fields.labels(self._tx, self._type)}

    @cached_property
    def _fields(self) -> dict[str, dict[str, Field]]:
        return {resource: by_name(self._tx, resource) for resource in self._resources}

    def put(self, shape: Shape, resource: str) -> Shape:
        """The shape with both in it."""
        tags, custom = shape["tags"], shape.pop("custom_fields")
        shape["tags"] = [self._tag(self._labels[name]) for name in tags]
        shape["custom_field_values"] = [
            {"value": value, "custom_field": self._field(self._fields[resource][name])}
            for name, value in custom.items()
        ]
        return shape

    def _tag(self, label: Label) -> Shape:
        data = {"id": label.id, "name": label.name, "resource_type": self._type}
        return {"data": data, "meta": {"type": "tag"}}

    def _field(self, field: Field) -> Shape:
        type_ = TYPES.get(field.type, "string")
        data = {"id": field.id, "name": field.name, "type": type_, "resource_type": self._type}
        return {"data": data, "meta": {"type": "custom_field"}}


def _plain(out: Callable[[Any], msgspec.Struct]) -> Callable[[Tx, Sequence[State]], list[Shape]]:
    """Shapes that are those of the Core API."""
    return lambda _, states: [_shape(out(each.row)) for each in states]


def _shape(out: msgspec.Struct) -> Shape:
    return {name: value for name, value in msgspec.structs.asdict(out).items() if value is not msgspec.UNSET}


def _deal_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    """A value is a decimal in a string."""
    shown = deal_shapes.Shown(tx, [each.row for each in states])
    nested = _Nested(tx, "deal", "deal")
    shapes = []
    for each in states:
        shape = nested.put(_shape(shown.out(each.row)), "deal")
        shape["value"] = f"{Decimal(shape['value']):.2f}"
        shapes.append(shape)
    return shapes


def _contact_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    shown = contacts.Shown(tx, [each.row for each in states])
    nested = _Nested(tx, "contact", PERSON, ORGANIZATION)
    return [nested.put(_shape(shown.out(each.row, _points(each))), each.row.kind) for each in states]


def _points(state: State) -> list[ContactPoint]:
    """The addresses and numbers a party had."""
    points = []
    for attribute in ("emails", "phones"):
        for position, point in enumerate(state.logged.get(attribute) or ()):
            label = point["label"].lower()
            kind = "email" if attribute == "emails" else label if label in NUMBER_KINDS else "phone"
            points.append(
                ContactPoint(state.row.id, kind, position, point["label"], point["value"], "", point["primary"])
            )
    return points


def _lead_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    shown = leads.Shown(tx, [each.row for each in states])
    nested = _Nested(tx, "lead", "lead")
    return [nested.put(_shape(shown.out(each.row)), "lead") for each in states]


def _task_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    return [_shape(task_out(each.row, tx.now)) for each in states]


def _user_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    return [_shape(user_out(each.row, tx.now)) for each in states]


def _call_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    links = DealLinks(tx, [each.row for each in states])
    return [_shape(call_out(each.row, links)) for each in states]


def _product_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    with_cost = users.me(tx).is_admin
    return [_shape(product_out(each.row, with_cost=with_cost)) for each in states]


def _stage_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    """Whether a stage was the first one is seen among its present neighbours."""
    present = pipelines.stages.all(tx, {"not_deleted": {}})
    shapes = []
    for each in states:
        neighbours = [stage for stage in present if stage.id != each.row.id]
        shapes.append(_shape(stage_out(with_categories([each.row, *neighbours])[0])))
    return shapes


def _visit_shapes(tx: Tx, states: Sequence[State]) -> list[Shape]:
    """The outcome with its name; nobody has measured where the visitor was."""
    outcomes = {term.id: term.name for term in terms.of_kind(tx, VISIT_OUTCOME)}
    shapes = []
    for each in states:
        shape = _shape(visit_out(each.row))
        outcome_id = shape.pop("outcome_id")
        shape["outcome"] = None if outcome_id is None else {"id": outcome_id, "name": outcomes.get(outcome_id)}
        shape["sales_rep_location"] = {
            "latitude": None,
            "longitude": None,
            "verification_status": shape.pop("rep_location_verification_status"),
        }
        shapes.append(shape)
    return shapes


SUBJECTS: Final[Mapping[str, Subject]] = {
    "deals": Subject("deal", ("deal",), Deal, _deal_shapes, _seen_deals),
    "contacts": Subject("contact", (PERSON, ORGANIZATION), Party, _contact_shapes, _seen_contacts),
    "leads": Subject("lead", ("lead",), Lead, _lead_shapes, _all),
    "notes": Subject("note", ("note",), Note, _plain(note_out), _seen_linked),
    "tasks": Subject("task", ("activity",), Activity, _task_shapes, _seen_linked),
    "stages": Subject("stage", ("stage",), Stage, _stage_shapes, _all),
    "pipelines": Subject("pipeline", ("pipeline",), Pipeline, _plain(pipeline_out), _all),
    "sources": Subject("source", ("term",), Term, _plain(term_out), _sources),
    "tags": Subject("tag", ("label",), Label, _plain(tag_out), _all),
    "users": Subject("user", ("user",), User, _user_shapes, _all),
    "calls": Subject("call", ("call",), Call, _call_shapes, _seen_linked),
    "visits": Subject("visit", ("visit",), Visit, _visit_shapes, _seen_linked),
    "orders": Subject("order", ("sales_order",), Order, _plain(order_out), _seen_orders),
    "line_items": Subject("line_item", ("line_item",), LineItem, _plain(line_item_out), _seen_line_items),
    "products": Subject("product", ("product",), Product, _product_shapes, _all),
    "collaborations": Subject("collaboration", ("collab",), Collaboration, _plain(collaboration_out), _seen_linked),
    "documents": Subject("document", (), tuple, _plain(note_out), _all),
    "appointments": Subject("appointment", (), tuple, _plain(note_out), _all),
}
"""By the name of the stream. Nothing is recorded of documents and appointments."""
