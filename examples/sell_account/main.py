"""A day of an account that came from Zendesk Sell, with the vendor's Python client, unchanged.

Needs `pip install basecrm` and, in the environment, SELL_URL and SELL_TOKEN (the 64-character one of an admin).
Makes contacts and deals, upserts, moves deals through the stages until they are won or lost, tags, notes, and
synchronises; prints what it did and checks each step.
"""

import os
import sys
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

import basecrm

CLIENT = basecrm.Client(access_token=os.environ["SELL_TOKEN"], base_url=os.environ["SELL_URL"], user_agent="example/1")


def expect(what: str, found: object, wanted: object) -> None:
    """Say what was found; stop where it is not what was wanted."""
    print(f"{what}: {found}")
    if found != wanted:
        sys.exit(f"{what}: expected {wanted}")


def upsert(resource: str, filters: dict[str, Any], attributes: dict[str, Any]) -> Any:
    """The client offers no upsert, but its HTTP part does what it needs."""
    return CLIENT.http_client.post(f"/{resource}/upsert", body=attributes, params=filters)[2]


def make_contacts() -> tuple[Any, Any]:
    """A company and a person who works there."""
    firm = CLIENT.contacts.create(name="Brook Coffee", is_organization=True, address={"city": "Leeds"})
    ada = CLIENT.contacts.create(
        first_name="Ada", last_name="Brook", email="ada@brook.test", contact_id=firm.id, tags=["owner"]
    )
    expect("Ada works at", CLIENT.contacts.retrieve(ada.id).contact_id, firm.id)
    return firm, ada


def upsert_twice(ada: Any) -> None:
    """The first call makes the deal, the second changes it."""
    filters = {"contact_id": ada.id, "name": "Grinder"}
    attributes = {"contact_id": ada.id, "name": "Grinder", "value": "1250.50"}
    made = upsert("deals", filters, attributes)
    changed = upsert("deals", filters, {**attributes, "hot": True})
    expect("The upserted deal is the same", (made.id, made.hot, changed.hot), (changed.id, False, True))
    contact = upsert("contacts", {"email": "ada@brook.test"}, {"last_name": "Brook", "title": "Owner"})
    expect("The upserted contact is", contact.id, ada.id)


def sell(ada: Any) -> dict[str, Any]:
    """One deal goes through every open stage and is won, another is lost for a reason."""
    open_stages = CLIENT.stages.list(active=True, sort_by="position")
    closed = {stage.category: stage for stage in CLIENT.stages.list(active=False)}
    reason = CLIENT.loss_reasons.create(name=f"Chose a rival {uuid.uuid4().hex[:6]}")
    refit = CLIENT.deals.create(name="Espresso bar refit", contact_id=ada.id, value=Decimal("9800.00"), tags=["refit"])
    for stage in [*open_stages, closed["won"]]:
        refit = CLIENT.deals.update(refit.id, stage_id=stage.id)
    expect("The refit stands in", refit.stage_id, closed["won"].id)
    lost = CLIENT.deals.create(name="Vending machines", contact_id=ada.id, value=300)
    lost = CLIENT.deals.update(lost.id, stage_id=closed["lost"].id, loss_reason_id=reason.id)
    expect("The vending machines were lost for", lost.loss_reason_id, reason.id)
    won = [deal.name for deal in CLIENT.deals.list(stage_id=closed["won"].id, contact_id=ada.id)]
    expect("Won with Ada", won, ["Espresso bar refit"])
    return {"refit": refit, "lost": lost}


def remember(deals: dict[str, Any], ada: Any) -> None:
    """A note, a task and a tag."""
    note = CLIENT.notes.create(content="Wants it in green.", resource_type="deal", resource_id=deals["refit"].id)
    expect("The note is on", (note.resource_type, note.resource_id), ("deal", deals["refit"].id))
    task = CLIENT.tasks.create(content="Send the invoice", resource_type="contact", resource_id=ada.id)
    done = CLIENT.tasks.update(task.id, completed=True)
    expect("The task is done", done.completed, wanted=True)
    CLIENT.deals.update(deals["refit"].id, tags=["refit", "reference"])
    names = sorted(tag.name for tag in CLIENT.tags.list(resource_type="deal"))
    expect("Tags of deals include the new one", "reference" in names, wanted=True)


def synchronise(deals: dict[str, Any]) -> None:
    """A device hears of everything once, and then only of what changed."""
    device = str(uuid.uuid4())
    heard: Counter[str] = Counter()

    def take(meta: Any, data: Any) -> bool:
        heard[meta.type] += 1
        return True

    sync = basecrm.Sync(client=CLIENT, device_uuid=device)
    sync.fetch(take)
    print(f"First synchronisation: {dict(sorted(heard.items()))}")
    expect(
        "It brought deals, contacts and notes", all(heard[kind] for kind in ("deal", "contact", "note")), wanted=True
    )
    heard.clear()
    CLIENT.deals.update(deals["lost"].id, hot=True)
    sync.fetch(take)
    expect("Then only what changed", dict(heard), {"deal": 1})


def main() -> None:
    firm, ada = make_contacts()
    upsert_twice(ada)
    deals = sell(ada)
    remember(deals, ada)
    synchronise(deals)
    print(f"All of {firm.name}'s day went well.")


if __name__ == "__main__":
    main()
