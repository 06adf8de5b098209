import json
from typing import Any

import pytest

from tests.cli.conftest import ADMIN, NEW_COMPANY, Program


def test_a_new_company_comes_with_an_admin_and_tokens(dealflow_on_each: Program) -> None:
    made = dealflow_on_each.json(*NEW_COMPANY)
    (admin,) = made["users"]
    assert (made["company_id"], admin["id"], admin["role"], admin["email"]) == (1, 1, "admin", "ann@example.com")
    assert (len(admin["pipedrive_token"]), len(admin["sell_token"])) == (40, 64)


def test_companies_are_listed(acme: Program) -> None:
    acme.do(*NEW_COMPANY, "--template", "empty")
    assert [(each["id"], each["name"]) for each in acme.json("company", "list")] == [(1, "Acme"), (2, "Acme")]


def test_a_company_may_begin_as_one_of_sell(dealflow_on_each: Program) -> None:
    dealflow_on_each.do(*NEW_COMPANY, "--template", "sell")
    assert [each["name"] for each in dealflow_on_each.json("pipeline", "list")] == ["Sales Pipeline"]
    stages = dealflow_on_each.json("stage", "list")
    assert [(each["name"], each["position"], each["likelihood"]) for each in stages] == [
        ("Prospecting", 1, 5),
        ("Qualified", 2, 10),
        ("Quote", 3, 20),
        ("Closure", 7, 50),
    ]


def test_a_company_id_is_not_given_out_again(acme: Program) -> None:
    acme.do("company", "delete", 1, "--yes")
    assert acme.json(*NEW_COMPANY)["company_id"] == 2


def test_deleting_a_company_wants_a_yes(acme: Program) -> None:
    assert "--yes" in acme.error("company", "delete", 1)
    assert len(acme.json("company", "list")) == 1


def test_users_come_and_go(acme: Program) -> None:
    made = acme.json("user", "add", "Bob", "--email", "bob@example.com", "--own-deals-only")
    acme.do("user", "deactivate", "bob@example.com")
    bob = acme.json("user", "list")[1]
    assert (made["role"], len(made["pipedrive_token"])) == ("user", 40)
    assert (bob["id"], bob["active"], bob["own_deals_only"]) == (2, False, True)


def test_a_new_token_replaces_the_old_one(acme: Program) -> None:
    made = acme.json("token", "new", "ann@example.com")
    (token,) = [each for each in acme.json("token", "list") if each["kind"] == "pipedrive"]
    assert (token["last4"], token["user_id"]) == (made["token"][-4:], 1)


def test_a_revoked_token_is_listed_no_more(acme: Program) -> None:
    acme.do("token", "revoke", 1)
    assert [each["id"] for each in acme.json("token", "list")] == [2]


def test_pipelines_and_stages_are_set_up(acme: Program) -> None:
    side = acme.json("pipeline", "add", "Side", "--probability")
    first = acme.json("stage", "add", "First", "--pipeline", "Side", "--likelihood", 20, "--rot-days", 9)
    second = acme.json("stage", "add", "Second", "--pipeline", side["id"])
    acme.do("stage", "move", second["id"], "--place", 1)
    acme.do("stage", "set", first["id"], "--rot-days", 0)
    acme.do("stage", "rename", first["id"], "Last")
    stages = acme.json("stage", "list", "--pipeline", "side")
    assert [(each["name"], each["position"], each["likelihood"], each["rot_days"]) for each in stages] == [
        ("Second", 1, 100, None),
        ("Last", 2, 20, None),
    ]


def test_a_disabled_pipeline_comes_back_last(acme: Program) -> None:
    acme.do("pipeline", "add", "Side")
    acme.do("pipeline", "disable", 1)
    acme.do("pipeline", "enable", 1)
    acme.do("pipeline", "rename", 1, "Main")
    found = acme.json("pipeline", "list")
    assert [(each["name"], each["position"], each["state"]) for each in found] == [
        ("Side", 1, "active"),
        ("Main", 2, "active"),
    ]


def test_a_deleted_pipeline_is_listed_no_more(acme: Program) -> None:
    acme.do("pipeline", "add", "Side")
    acme.do("pipeline", "delete", "Side")
    assert [each["name"] for each in acme.json("pipeline", "list")] == ["Pipeline"]


def test_rates_come_from_a_file(dealflow_on_each: Program) -> None:
    (dealflow_on_each.folder / "rates.csv").write_text("day,currency,per_euro\n2026-01-02,USD,1.5\n2026-01-02,SEK,11\n")
    assert dealflow_on_each.json("rates", "load", "rates.csv") == {
        "rates": 2,
        "first_day": "2026-01-02",
        "last_day": "2026-01-02",
        "currencies": ["SEK", "USD"],
    }


def test_rates_come_with_the_program(dealflow: Program) -> None:
    loaded = dealflow.json("rates", "load", "--ecb")
    assert loaded["first_day"] == "1999-01-04"
    assert {"USD", "GBP", "SEK"} <= set(loaded["currencies"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-01-02,ZZZ,1", "line 2: unknown currency"),
        ("2026-13-02,USD,1", "line 2: day: not a valid date"),
        ("2026-01-02,USD,much", "line 2: not a number"),
        ("2026-01-02,USD,0", "line 2: per_euro: must be"),
        ("2026-01-02,USD", "line 2: the columns must be"),
    ],
)
def test_a_bad_rate_is_named_by_its_line(dealflow: Program, row: str, said: str) -> None:
    (dealflow.folder / "rates.csv").write_text(f"day,currency,per_euro\n{row}\n")
    assert said in dealflow.error("rates", "load", "rates.csv")


def test_fields_come_and_go(dealflow_on_each: Program) -> None:
    dealflow_on_each.do(*NEW_COMPANY)
    colour = dealflow_on_each.json("field", "add", "lead", "Colour", "enum", "--option", "Red", "--option", "Blue")
    agreed = dealflow_on_each.json("field", "add", "deal", "Agreed", "boolean")
    assert (colour["type"], [each["label"] for each in colour["options"]]) == ("enum", ["Red", "Blue"])
    assert dealflow_on_each.json("field", "list") == [agreed, colour]
    assert dealflow_on_each.json("field", "list", "--resource", "lead") == [colour]
    dealflow_on_each.do("field", "delete", colour["id"])
    assert dealflow_on_each.json("field", "list") == [agreed]
    assert f"field {colour['id']} not found" in dealflow_on_each.error("field", "delete", colour["id"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("company", "add", "X", "--currency", "EUX", "--timezone", "UTC", *ADMIN), "currency: unknown"),
        (("company", "add", "X", "--currency", "EUR", "--timezone", "Mars", *ADMIN), "timezone: unknown"),
        (("user", "add", "Ann", "--email", "ANN@example.com"), "email: already in use"),
        (("user", "list", "--company", "7"), "company 7 not found"),
        (("user", "deactivate", "1"), "the last active admin"),
        (("user", "deactivate", "nobody@example.com"), "user nobody@example.com not found"),
        (("token", "new", "7"), "user 7 not found"),
        (("token", "revoke", "99"), "token not found"),
        (("pipeline", "delete", "Pipeline"), "is the last one"),
        (("stage", "set", "1"), "say what"),
        (("field", "add", "deal", "Mood", "colour"), "type: must be one of"),
        (("field", "add", "deal", "Mood", "enum"), "options: is required"),
        (("field", "delete", "7"), "field 7 not found"),
        (("rates", "load"), "either --ecb or a CSV file"),
        (("user", "list", "--database", "mysql://x/y"), "unknown kind of database"),
        (("user", "list", "--database", "sqlite:///nowhere.db"), "nowhere.db not found"),
        (("user", "list", "--database", "postgresql://nobody@127.0.0.1:1/x"), "cannot be reached"),
        (("serve", "--workers", "0"), "--workers must be at least 1"),
        (("serve", "--host", "203.0.113.1"), "cannot listen"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(acme: Program, arguments: tuple[str, ...], said: str) -> None:
    assert said in acme.error(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("user", "add"),
        ("user", "add", "Bob"),
        ("user", "list", "--nonsense"),
        ("stage", "set", "one"),
        ("serve", "--port", "99999"),
        ("serve", "--limits", "huge"),
    ],
)
def test_a_command_line_that_cannot_be_read_exits_with_2(dealflow: Program, arguments: tuple[str, ...]) -> None:
    assert dealflow.error(*arguments, code=2)


def test_an_error_is_an_exit_code_and_one_line(acme: Program) -> None:
    done = acme.run("user", "list", "--company", 7)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "dealflow: company 7 not found\n")


def test_a_misused_command_exits_with_2(acme: Program) -> None:
    done = acme.run("user", "frobnicate")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_the_company_must_be_named_if_there_are_several(acme: Program) -> None:
    acme.do(*NEW_COMPANY)
    assert "--company" in acme.error("user", "list")
    assert len(acme.json("user", "list", "--company", 2)) == 1


def test_a_flag_goes_before_the_environment_and_that_before_the_file(acme: Program) -> None:
    empty = f"sqlite:///{acme.folder / 'empty.db'}"
    (acme.folder / "dealflow.toml").write_text('database = "mysql://from/the/file"\n')
    assert acme.run("company", "list").returncode == 0
    assert "unknown kind" in acme.error("company", "list", DEALFLOW_DATABASE="")
    assert "empty.db not found" in acme.error("company", "list", "--database", empty)


def test_the_settings_file_may_be_anywhere(acme: Program) -> None:
    (acme.folder / "elsewhere.toml").write_text(f"database = {json.dumps(acme.database)}\nstrict = true\n")
    done = acme.run("company", "list", "--json", DEALFLOW_DATABASE="", DEALFLOW_CONFIG="elsewhere.toml")
    assert [each["id"] for each in json.loads(done.stdout)] == [1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('colour = "red"', "unknown setting 'colour'"),
        ("database = [1]", "database must be"),
        ("database =", "dealflow.toml: "),
    ],
)
def test_a_bad_settings_file_is_named(dealflow: Program, content: str, said: str) -> None:
    (dealflow.folder / "dealflow.toml").write_text(content)
    assert said in dealflow.error("company", "list")


def test_help_is_there_without_a_database(dealflow: Program) -> None:
    assert "company" in dealflow.do("--help")
    assert not (dealflow.folder / "test.db").exists()


def test_writing_waits_for_no_server(acme: Program) -> None:
    with acme.serving("serve") as ready:
        made: Any = acme.json("user", "add", "Bob", "--email", "bob@example.com")
    assert (ready["company_id"], made["id"]) == (1, 2)
