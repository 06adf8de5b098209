"""A company with one of everything, made over the wire."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from dealflow.storage import counters
from dealflow.storage.statement import Row
from tests.support.databases import Home
from tests.support.people import Server
from tests.support.server import Json

FIELD_ROUTES: Final = ("dealFields", "personFields", "organizationFields")
COUNTED: Final = ("user", "pipeline", "stage", "deal", "party", "token", "field", "option", "follower", "participant")
GAP: Final = 4_000


@dataclass(frozen=True)
class World:
    """Ids by kind. Those of fields, their keys and their options are by route, such as `field dealFields`."""

    server: Server
    ids: dict[str, Any]

    def __getitem__(self, kind: str) -> Json:
        return self.ids[kind]


def skip_ids(home: Home, company_id: int) -> None:
    """From now on the company's ids are beyond those of a company that was set up alike."""
    with home.transaction(company_id) as tx:
        for kind in COUNTED:
            counters.next_id(tx, kind, GAP)


def make_world(server: Server) -> World:
    """Fill the server's company; the deal, person and organization belong to its seller."""
    admin = server.admin
    ids: dict[str, Any] = {}

    def made(kind: str, path: str, body: Json) -> Json:
        answer = admin.post(path, body)
        assert answer.status in (200, 201), (path, body, answer.body)
        ids[kind] = answer.data["id"] if isinstance(answer.data, dict) and "id" in answer.data else None
        return answer.data

    mine = {"owner_id": server.seller.user_id}
    made("pipeline", "/api/v2/pipelines", {"name": "Renewals"})
    made("stage", "/api/v2/stages", {"name": "Signing", "pipeline_id": ids["pipeline"]})
    made("empty stage", "/api/v2/stages", {"name": "Idle", "pipeline_id": ids["pipeline"]})
    made("organization", "/api/v2/organizations", {"name": "Globex", **mine})
    made("person", "/api/v2/persons", {"name": "Hank Scorpio", "org_id": ids["organization"], **mine})
    made("other person", "/api/v2/persons", {"name": "Frank Grimes", **mine})
    made("spare person", "/api/v2/persons", {"name": "Lenny Leonard", **mine})
    made("user", "/v1/users", {"email": "extra@example.com"})
    for route in FIELD_ROUTES:
        field = made(
            f"field {route}",
            f"/api/v2/{route}",
            {"field_name": "Colour", "field_type": "enum", "options": [{"label": "Red"}, {"label": "Blue"}]},
        )
        ids[f"code {route}"] = field["field_code"]
        ids[f"option {route}"] = field["options"][0]["id"]
        listed = admin.get(f"/v1/{route}", limit=500).data
        ids[f"field {route}"] = next(each["id"] for each in listed if each["key"] == field["field_code"])
    for kind, type_ in (("person", "people"), ("organization", "org"), ("user", "user")):
        field = admin.post("/api/v2/dealFields", {"field_name": f"Related {kind}", "field_type": type_}).data
        ids[f"linking {kind}"] = field["field_code"]
    ids["label"] = admin.post("/api/v2/dealFields/label_ids/options", [{"label": "Hot"}]).data[0]["id"]
    place = {"pipeline_id": ids["pipeline"], "stage_id": ids["stage"]}
    made("deal", "/api/v2/deals", {"title": "Big", "value": 100, "person_id": ids["person"], **place, **mine})
    made("other deal", "/api/v2/deals", {"title": "Small", "value": 5, **place, **mine})
    made("follower", f"/v1/deals/{ids['deal']}/followers", {"user_id": ids["user"]})
    ids["following user"] = ids["user"]
    made("participant", f"/v1/deals/{ids['deal']}/participants", {"person_id": ids["other person"]})
    return World(server, ids)


class Neighbours(NamedTuple):
    """Two companies made alike, but for the second's ids, which the first does not have."""

    mine: World
    theirs: World
    their_rows: dict[str, list[Row]]

    def rows_of_theirs(self) -> dict[str, list[Row]]:
        """What the second company's tables hold now; at the start it was `their_rows`."""
        server = self.theirs.server
        return server.home.dump(server.company.company_id)


def make_neighbours(home: Home) -> Neighbours:
    mine, theirs = Server(home), Server(home)
    skip_ids(home, theirs.company.company_id)
    return Neighbours(make_world(mine), make_world(theirs), home.dump(theirs.company.company_id))
