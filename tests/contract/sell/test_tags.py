"""Tags of Sell (contract 2.9, 6.4 l)."""

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json, Response

NOON = "2026-05-01T12:00:00Z"
LATER = "2026-05-01T12:01:30Z"
TYPES = ("deal", "contact", "lead")

each_type = pytest.mark.parametrize("resource_type", TYPES)


def add(sell: SellClient, name: str, resource_type: str = "deal") -> Json:
    reply = sell.post("/v2/tags", {"name": name, "resource_type": resource_type})
    assert reply.status == 200, reply.body
    return reply.data


def names(reply: Response) -> list[str]:
    return [each["name"] for each in items(reply)]


@pytest.fixture
def tagged(sell: SellClient, server: Server) -> Json:
    """A record of each kind that carries two tags, by what it is, with its path."""
    person = server.admin.post("/api/v2/persons", {"name": "Ann Smith"}).data["id"]
    made = {
        "deal": ("/v2/deals", {"name": "Big", "contact_id": person}),
        "contact": ("/v2/contacts", {"last_name": "Smith"}),
        "lead": ("/v2/leads", {"last_name": "Smith"}),
    }
    found = {}
    for resource_type, (path, attributes) in made.items():
        reply = sell.post(path, {**attributes, "tags": ["hot", "new"]})
        assert reply.status == 200, reply.body
        found[resource_type] = (f"{path}/{reply.data['id']}", reply.data)
    return found


def tag_id(sell: SellClient, name: str, resource_type: str) -> int:
    ((found,),) = (items(sell.get("/v2/tags", name=name, resource_type=resource_type)),)
    return int(found["id"])


@each_type
def test_a_tag_has_the_attributes_of_the_contract(resource_type: str, sell: SellClient) -> None:
    reply = sell.post("/v2/tags", {"name": " hot ", "resource_type": resource_type})
    assert (reply.status, reply.body) == (
        200,
        {
            "data": {
                "id": reply.data["id"],
                "creator_id": sell.user_id,
                "name": "hot",
                "resource_type": resource_type,
                "created_at": NOON,
                "updated_at": NOON,
            },
            "meta": {"type": "tag"},
        },
    )
    assert sell.get(f"/v2/tags/{reply.data['id']}").body == reply.body


def test_a_rename_is_a_change(sell: SellClient, clock: Clock) -> None:
    made = add(sell, "hot")
    clock.advance(seconds=90)
    reply = sell.put(f"/v2/tags/{made['id']}", {"name": "warm"})
    assert (reply.status, reply.data) == (200, {**made, "name": "warm", "updated_at": LATER})


def test_what_is_sent_back_as_it_came_changes_nothing(sell: SellClient, clock: Clock) -> None:
    made = add(sell, "hot")
    clock.advance(seconds=90)
    assert sell.put(f"/v2/tags/{made['id']}", made).data == made


def test_a_tag_stays_on_what_it_is_for(sell: SellClient) -> None:
    made = add(sell, "hot")
    reply = sell.put(f"/v2/tags/{made['id']}", {"resource_type": "lead"})
    assert (reply.status, codes(reply)) == (422, [("/resource_type", "incorrect_value")])


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"resource_type": "deal"}, ("/name", "missing")),
        ({"name": "hot"}, ("/resource_type", "missing")),
        ({"name": "", "resource_type": "deal"}, ("/name", "blank")),
        ({"name": None, "resource_type": "deal"}, ("/name", "blank")),
        ({"name": "hot", "resource_type": None}, ("/resource_type", "blank")),
        ({"name": "hot", "resource_type": "note"}, ("/resource_type", "incorrect_value")),
        ({"name": "hot", "resource_type": 7}, ("/resource_type", "invalid_type")),
        ({"name": 7, "resource_type": "deal"}, ("/name", "invalid_type")),
        ({"name": "x" * 256, "resource_type": "deal"}, ("/name", "incorrect_value")),
        ({"name": "hot", "resource_type": "deal", "colour": "red"}, ("/colour", "unknown")),
    ],
)
def test_what_breaks_the_rules_is_told(attributes: Json, expected: tuple[str, str], sell: SellClient) -> None:
    reply = sell.post("/v2/tags", attributes)
    assert (reply.status, codes(reply)) == (422, [expected])


def test_everything_wrong_is_told_at_once(sell: SellClient) -> None:
    reply = sell.post("/v2/tags", {"colour": "red"})
    assert sorted(codes(reply), key=str) == [
        ("/colour", "unknown"),
        ("/name", "missing"),
        ("/resource_type", "missing"),
    ]


@each_type
def test_a_name_is_taken_once(resource_type: str, sell: SellClient) -> None:
    add(sell, "hot", resource_type)
    reply = sell.post("/v2/tags", {"name": "hot", "resource_type": resource_type})
    assert (reply.status, codes(reply)) == (422, [("/name", "already_exists")])


def test_a_name_that_is_taken_is_no_new_name(sell: SellClient) -> None:
    add(sell, "hot")
    made = add(sell, "Hot")
    reply = sell.put(f"/v2/tags/{made['id']}", {"name": "hot"})
    assert (reply.status, codes(reply)) == (422, [("/name", "already_exists")])


def test_deals_contacts_and_leads_may_have_tags_of_the_same_name(sell: SellClient) -> None:
    assert len({add(sell, "hot", resource_type)["id"] for resource_type in TYPES}) == 3


def test_a_label_of_pipedrive_is_a_tag(sell: SellClient, server: Server) -> None:
    (label,) = server.admin.post("/api/v2/personFields/label_ids/options", [{"label": "VIP"}]).data
    (tag,) = items(sell.get("/v2/tags"))
    assert (tag["id"], tag["name"], tag["resource_type"]) == (label["id"], "VIP", "contact")


def test_pipedrive_adds_no_label_of_a_tags_name(sell: SellClient, server: Server) -> None:
    add(sell, "hot")
    assert server.admin.post("/api/v2/dealFields/label_ids/options", [{"label": "hot"}]).status == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_one_that_is_not_there_is_missing(method: str, sell: SellClient) -> None:
    reply = sell.call(method, "/v2/tags/987", {"colour": "red"} if method == "PUT" else None)
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])
    assert reply.body["errors"][0]["error"]["resource"] == "tag"


def test_tags_of_another_company_are_not_there(sell: SellClient, other: SellClient) -> None:
    theirs = add(other, "hot")
    assert [sell.get(f"/v2/tags/{theirs['id']}").status, items(sell.get("/v2/tags"))] == [404, []]


def test_a_seller_may_make_tags_too(people: SellPeople) -> None:
    assert add(people.seller, "hot")["creator_id"] == people.seller.user_id


# ----------------------------------------------------------------------------------------------------- on records


@each_type
def test_a_rename_shows_on_records(resource_type: str, sell: SellClient, tagged: Json) -> None:
    path, _ = tagged[resource_type]
    sell.put(f"/v2/tags/{tag_id(sell, 'hot', resource_type)}", {"name": "warm"})
    assert sell.get(path).data["tags"] == ["warm", "new"]


@each_type
def test_a_deletion_takes_it_off_records(resource_type: str, sell: SellClient, tagged: Json, clock: Clock) -> None:
    path, before = tagged[resource_type]
    clock.advance(seconds=90)
    reply = sell.delete(f"/v2/tags/{tag_id(sell, 'hot', resource_type)}")
    assert (reply.status, reply.raw) == (204, b"")
    assert sell.get(path).data == {**before, "tags": ["new"], "updated_at": LATER}


@each_type
def test_a_deletion_leaves_the_others_alone(resource_type: str, sell: SellClient, tagged: Json) -> None:
    sell.delete(f"/v2/tags/{tag_id(sell, 'hot', resource_type)}")
    others = [tagged[each] for each in TYPES if each != resource_type]
    assert [sell.get(path).data for path, _ in others] == [before for _, before in others]
    assert names(sell.get("/v2/tags", resource_type=resource_type)) == ["new"]


def test_a_deleted_tag_may_be_made_again_and_is_on_nothing(sell: SellClient, tagged: Json) -> None:
    gone = tag_id(sell, "hot", "deal")
    sell.delete(f"/v2/tags/{gone}")
    assert add(sell, "hot")["id"] != gone
    assert sell.get(tagged["deal"][0]).data["tags"] == ["new"]


# ----------------------------------------------------------------------------------------------------------- lists


@pytest.fixture
def three(people: SellPeople, clock: Clock) -> list[Json]:
    """Tags made one after the other, the first of them renamed last."""
    made = []
    for client, name, resource_type in (
        (people.admin, "Old", "deal"),
        (people.seller, "alpha", "contact"),
        (people.admin, "Gamma", "deal"),
    ):
        clock.advance(seconds=1)
        made.append(add(client, name, resource_type))
    clock.advance(seconds=1)
    people.admin.put(f"/v2/tags/{made[0]['id']}", {"name": "Beta"})
    return made


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        (None, ["alpha", "Gamma", "Beta"]),
        ("updated_at:desc", ["Beta", "Gamma", "alpha"]),
        ("created_at", ["Beta", "alpha", "Gamma"]),
        ("id:desc", ["Gamma", "alpha", "Beta"]),
        ("name", ["alpha", "Beta", "Gamma"]),
        ("name:desc,id", ["Gamma", "Beta", "alpha"]),
    ],
)
@pytest.mark.usefixtures("three")
def test_a_list_is_sorted_as_asked(sort_by: str | None, expected: list[str], sell: SellClient) -> None:
    asked = {} if sort_by is None else {"sort_by": sort_by}
    assert names(sell.get("/v2/tags", **asked)) == expected


@pytest.mark.usefixtures("three")
def test_filters_leave_what_they_name(sell: SellClient, people: SellPeople) -> None:
    assert names(sell.get("/v2/tags", resource_type="deal")) == ["Gamma", "Beta"]
    assert names(sell.get("/v2/tags", creator_id=people.seller.user_id)) == ["alpha"]
    assert names(sell.get("/v2/tags", name="Gamma")) == ["Gamma"]
    assert names(sell.get("/v2/tags", name="gamma")) == []
    assert names(sell.get("/v2/tags", name="Gamma", resource_type="lead")) == []


def test_a_list_may_be_cut_to_ids(sell: SellClient, three: list[Json]) -> None:
    found = items(sell.get("/v2/tags", ids=f"{three[2]['id']},{three[1]['id']},987"))
    assert [each["id"] for each in found] == [three[1]["id"], three[2]["id"]]


@pytest.mark.usefixtures("three")
def test_a_list_comes_in_pages(sell: SellClient) -> None:
    reply = sell.get("/v2/tags", per_page=2, page=2)
    links = reply.body["meta"]["links"]
    assert (names(reply), "prev_page" in links, "next_page" in links) == (["Beta"], True, False)


@pytest.mark.parametrize(
    "asked", [{"colour": "red"}, {"sort_by": "creator_id"}, {"resource_type": "note"}, {"per_page": 101}, {"name": ""}]
)
def test_what_a_list_does_not_know_is_refused(asked: Json, sell: SellClient) -> None:
    reply = sell.get("/v2/tags", **asked)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])
