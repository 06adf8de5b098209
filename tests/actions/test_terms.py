"""The words a company chooses from: what adding, renaming and deleting them leaves behind."""

from typing import Any

import pytest

from dealflow.actions import terms as actions
from dealflow.actions.deals import add_deal, delete_deal, update_deal
from dealflow.core.deal import Deal
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.lead import Lead
from dealflow.core.term import (
    BASICS,
    DEAL_SOURCE,
    DEAL_UNQUALIFIED_REASON,
    LEAD_SOURCE,
    LEAD_STATUS,
    LEAD_UNQUALIFIED_REASON,
    LOSS_REASON,
    Term,
)
from dealflow.storage import deals, events, leads, terms
from dealflow.storage.events import Event
from dealflow.storage.tx import Tx

LINKS = (
    (DEAL_SOURCE, "source_id"),
    (LOSS_REASON, "loss_reason_id"),
    (DEAL_UNQUALIFIED_REASON, "unqualified_reason_id"),
)


@pytest.fixture
def price(tx: Tx) -> Term:
    return actions.add_term(tx, LOSS_REASON, " Price ")


def told(tx: Tx, resource: str, record_id: int) -> list[tuple[str, Any, Any]]:
    return [(each.action, each.before, each.after) for each in events.of_record(tx, resource, record_id)]


def last(tx: Tx, resource: str, record_id: int) -> Event:
    return events.of_record(tx, resource, record_id)[-1]


def lead_with(tx: Tx, **given: Any) -> Lead:
    lead = Lead(
        id=1,
        first_name=None,
        last_name="Smith",
        organization_name=None,
        status_id=terms.of_kind(tx, LEAD_STATUS)[0].id,
        owner_id=tx.user_id,
        creator_id=tx.user_id,
        source_id=None,
        unqualified_reason_id=None,
        email=None,
        phone=None,
        mobile=None,
        label_ids="[]",
        details="{}",
        custom_fields="{}",
        created_at=tx.now,
        updated_at=tx.now,
        deleted_at=None,
        version=1,
    )
    return leads.leads.add(tx, lead._replace(**given))


def deal_with(tx: Tx, **links: int) -> Deal:
    return add_deal(tx, {"title": "Big", **links})


def test_a_term_says_who_made_it_and_when(tx: Tx, price: Term) -> None:
    assert price == Term(price.id, LOSS_REASON, "Price", tx.user_id, tx.now, tx.now, 1)
    assert terms.of_kind(tx, LOSS_REASON) == [price]


def test_a_new_term_is_told(tx: Tx, price: Term) -> None:
    made = {"id": price.id, "kind": LOSS_REASON, "name": "Price", "creator_id": tx.user_id, "created_at": tx.now}
    assert told(tx, "term", price.id) == [("created", None, made)]


def test_ids_count_across_kinds(tx: Tx, price: Term) -> None:
    assert actions.add_term(tx, DEAL_SOURCE, "Price").id == price.id + 1


def test_a_name_is_taken_once_in_a_kind(tx: Tx, price: Term) -> None:
    with pytest.raises(Conflict) as caught:
        actions.add_term(tx, LOSS_REASON, price.name)
    assert (caught.value.field, caught.value.reason) == ("name", "already exists")


def test_another_case_makes_another_name(tx: Tx, price: Term) -> None:
    assert actions.add_term(tx, LOSS_REASON, "price").id != price.id


def test_a_name_is_not_empty(tx: Tx) -> None:
    with pytest.raises(Invalid, match="must not be empty"):
        actions.add_term(tx, LOSS_REASON, " ")


def test_a_rename_is_told(tx: Tx, price: Term) -> None:
    renamed = actions.rename_term(tx, price, "Cost")
    assert (renamed.name, renamed.version, terms.of_kind(tx, LOSS_REASON)) == ("Cost", 2, [renamed])
    assert told(tx, "term", price.id)[1:] == [("updated", {"name": "Price"}, {"name": "Cost"})]


def test_the_same_name_is_no_rename(tx: Tx, price: Term) -> None:
    assert actions.rename_term(tx, price, "Price ") == price
    assert len(told(tx, "term", price.id)) == 1


def test_a_name_that_is_taken_is_no_new_name(tx: Tx, price: Term) -> None:
    other = actions.add_term(tx, LOSS_REASON, "Cost")
    with pytest.raises(Conflict):
        actions.rename_term(tx, other, price.name)


def test_a_deletion_tells_all_that_was(tx: Tx, price: Term) -> None:
    actions.delete_term(tx, price)
    assert (terms.of_kind(tx, LOSS_REASON), told(tx, "term", price.id)[1:]) == (
        [],
        [("deleted", price._asdict(), None)],
    )


@pytest.mark.parametrize(("kind", "attribute"), LINKS)
def test_deals_lose_the_link_and_say_so(kind: str, attribute: str, tx: Tx) -> None:
    term = actions.add_term(tx, kind, "Fair")
    deal = deal_with(tx, **{attribute: term.id})
    actions.delete_term(tx, term)
    after = deals.deals.get(tx, deal.id)
    assert after == deal._replace(**{attribute: None}, version=deal.version + 1)  # type: ignore[arg-type]
    assert last(tx, "deal", deal.id)[3:] == ("updated", {attribute: term.id}, {attribute: None})


def test_deals_in_the_archive_and_deleted_ones_lose_it_too(tx: Tx) -> None:
    term = actions.add_term(tx, DEAL_SOURCE, "Fair")
    archived, deleted = (deal_with(tx, source_id=term.id) for _ in range(2))
    update_deal(tx, archived.id, {"archived": True})
    delete_deal(tx, deleted.id)
    actions.delete_term(tx, term)
    assert [deals.deals.get(tx, each.id).source_id for each in (archived, deleted)] == [None, None]


def test_deals_with_another_source_have_no_event(tx: Tx) -> None:
    term, kept = (actions.add_term(tx, DEAL_SOURCE, name) for name in ("Fair", "Show"))
    deal = deal_with(tx, source_id=kept.id)
    before = told(tx, "deal", deal.id)
    actions.delete_term(tx, term)
    assert (deals.deals.get(tx, deal.id), told(tx, "deal", deal.id)) == (deal, before)


def test_deals_beyond_one_statement_lose_it(tx: Tx) -> None:
    term = actions.add_term(tx, DEAL_SOURCE, "Fair")
    made = [deal_with(tx, source_id=term.id).id for _ in range(501)]
    actions.delete_term(tx, term)
    assert {each.source_id for each in deals.deals.by_id(tx, made).values()} == {None}


@pytest.mark.parametrize(
    ("kind", "attribute"), [(LEAD_SOURCE, "source_id"), (LEAD_UNQUALIFIED_REASON, "unqualified_reason_id")]
)
def test_leads_lose_the_link_and_say_so(kind: str, attribute: str, tx: Tx) -> None:
    term = actions.add_term(tx, kind, "Fair")
    lead = lead_with(tx, **{attribute: term.id})
    actions.delete_term(tx, term)
    after = leads.leads.get(tx, lead.id)
    assert after == lead._replace(**{attribute: None}, version=2)  # type: ignore[arg-type]
    assert last(tx, "lead", lead.id)[3:] == ("updated", {attribute: term.id}, {attribute: None})


def test_leads_that_are_deleted_lose_it_too(tx: Tx) -> None:
    term = actions.add_term(tx, LEAD_SOURCE, "Fair")
    lead = lead_with(tx, source_id=term.id, deleted_at=tx.now)
    actions.delete_term(tx, term)
    assert leads.leads.get(tx, lead.id).source_id is None


def test_a_reason_in_words_stays(tx: Tx, price: Term) -> None:
    deal = add_deal(tx, {"title": "Big", "outcome": "lost", "loss_reason": "price"})
    assert deal.loss_reason_id == price.id
    actions.delete_term(tx, price)
    after = deals.deals.get(tx, deal.id)
    assert (after.loss_reason, after.loss_reason_id) == ("price", None)


def test_a_new_company_has_statuses_and_outcomes_only(tx: Tx) -> None:
    assert {kind: tuple(term.name for term in terms.of_kind(tx, kind)) for kind in BASICS} == BASICS
    assert len(terms.terms.all(tx, {})) == sum(len(names) for names in BASICS.values())


def test_each_company_has_its_own(tx: Tx, neighbour: Tx) -> None:
    actions.add_term(tx, LOSS_REASON, "Price")
    assert terms.of_kind(neighbour, LOSS_REASON) == []
    assert [each.name for each in terms.of_kind(neighbour, LEAD_STATUS)] == ["New", "Working", "Unqualified"]
