"""Records that notes, tasks, calls and the like hang on."""

from collections.abc import Callable
from typing import TypeVar

from dealflow.core.lead import Lead
from dealflow.core.term import LEAD_STATUS
from dealflow.storage import counters, terms
from dealflow.storage.leads import leads
from dealflow.storage.tx import Tx
from tests.support.people import Server

T = TypeVar("T")


def add_lead(tx: Tx) -> int:
    """A lead of the acting user; its id."""
    lead = Lead(
        id=counters.next_id(tx, "lead"),
        first_name=None,
        last_name="Burns",
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
    return leads.add(tx, lead).id


def delete_lead(tx: Tx, lead_id: int) -> None:
    """Mark a lead as deleted."""
    lead = leads.get(tx, lead_id)
    leads.save(tx, lead, lead._replace(deleted_at=tx.now))


class Records:
    """A deal, a person, an organization and a lead of the company's admin."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.organization = server.admin.post("/api/v2/organizations", {"name": "Globex"}).data["id"]
        self.person = server.admin.post("/api/v2/persons", {"name": "Hank Scorpio"}).data["id"]
        self.deal = server.admin.post("/api/v2/deals", {"title": "Big"}).data["id"]
        self.lead = self.run(add_lead)

    def run(self, work: Callable[[Tx], T]) -> T:
        """Do something as the admin, outside the API."""
        admin = self.server.admin.user_id
        with self.server.home.transaction(self.server.company.company_id, admin) as tx:
            return work(tx)

    def id_of(self, kind: str) -> int:
        """The id of the deal, person, organization or lead."""
        return int(getattr(self, kind))

    def delete(self, kind: str) -> None:
        """Mark one of them as deleted."""
        if kind == "lead":
            self.run(lambda tx: delete_lead(tx, self.lead))
        else:
            self.server.admin.delete(f"/api/v2/{kind}s/{self.id_of(kind)}")

    def hide(self, kind: str) -> None:
        """Let nobody but its owner and admins see it."""
        self.server.admin.patch(f"/api/v2/{kind}s/{self.id_of(kind)}", {"visible_to": 1})
