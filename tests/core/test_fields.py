import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core.errors import Invalid
from dealflow.core.fields import (
    ADDRESS_PARTS,
    ALL_TYPES,
    SYSTEM,
    Field,
    FieldInvalid,
    Option,
    add_options,
    blank_values,
    flat_values,
    forget_options,
    merged_values,
    option_labels,
    read_loose_values,
    read_values,
    remove_options,
    rename_options,
    replace_options,
    show_values,
    split_key,
    timezone_id,
    with_labels,
)
from dealflow.core.time import Instant

ZONE = "Europe/Tallinn"
OPTIONS = (Option(2, "Cold", None), Option(3, "Warm", "yellow"), Option(4, "Hot", "red"))
NOON = {"value": "12:00:00", "timezone_id": timezone_id(ZONE), "timezone_name": ZONE}
ADDRESS = dict.fromkeys(("value", *ADDRESS_PARTS)) | {"value": "Main Street 1", "route": "Main Street"}


def key_of(type_: str) -> str:
    return type_.encode().hex().ljust(40, "0")


def field(type_: str, options: tuple[Option, ...] = ()) -> Field:
    at = Instant(0)
    return Field("deal", 900, key_of(type_), type_, type_, options, None, 1, True, {}, at, None, None, None)


FIELDS: Mapping[str, Field] = {
    key_of(type_): field(type_, OPTIONS if type_ in {"enum", "set"} else ()) for type_ in ALL_TYPES
}


def read(type_: str, value: object) -> object:
    return read_values(FIELDS, {key_of(type_): value}, ZONE, "EUR")[key_of(type_)]


def loose(given: Mapping[str, object], stored: object = None) -> object:
    """The one value read from v1 keys such as `monetary_currency`, over what the field held."""
    flat = {
        key_of(name.partition("_")[0]) + name[len(name.partition("_")[0]) :]: value for name, value in given.items()
    }
    key = key_of(next(iter(given)).partition("_")[0])
    return read_loose_values(FIELDS, flat, ZONE, "EUR", {} if stored is None else {key: stored})[key]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=255)
ids = st.integers(1, 2**53 - 1)
numbers = st.decimals(-(10**14), 10**14, places=1) | st.floats(-1e14, 1e14) | st.integers(1 - 10**15, 10**15 - 1)
days = st.dates().map(date.isoformat)
clock = st.times().map(lambda moment: moment.replace(microsecond=0)).map(time.isoformat)
zones = st.sampled_from(["Europe/Tallinn", "UTC", "America/New_York", "Asia/Kolkata"])
currencies = st.sampled_from(["EUR", "USD", "POINTS"])
GIVEN: Mapping[str, st.SearchStrategy[object]] = {
    "address": st.fixed_dictionaries({"value": texts}, optional=dict.fromkeys(ADDRESS_PARTS, texts | st.none())),
    "boolean": st.booleans(),
    "date": days,
    "datetime": st.datetimes().map(datetime.isoformat),
    "email": texts,
    "daterange": st.fixed_dictionaries({"value": days}, optional={"until": days | st.none()}),
    "double": numbers,
    "enum": st.sampled_from([2, 3, 4]),
    "monetary": st.fixed_dictionaries({"value": numbers}, optional={"currency": currencies}),
    "org": ids,
    "people": ids,
    "phone": texts,
    "set": st.lists(st.sampled_from([2, 3, 4]), min_size=1),
    "text": texts,
    "time": st.fixed_dictionaries({"value": clock}, optional={"timezone_name": zones}) | clock,
    "url": texts,
    "timerange": st.fixed_dictionaries({"value": clock, "until": clock}, optional={"timezone_name": zones}),
    "user": ids,
    "varchar": texts,
    "varchar_auto": texts,
    "visible_to": st.sampled_from([1, 3, 5, 7]),
}
stored_values = st.fixed_dictionaries({}, optional={key_of(type_): values for type_, values in GIVEN.items()}).map(
    lambda values: read_values(FIELDS, values, ZONE, "EUR")
)


@given(stored_values)
def test_what_is_kept_survives_json_text(stored: dict[str, object]) -> None:
    assert json.loads(json.dumps(stored)) == stored


@given(stored_values)
def test_what_is_shown_can_be_sent_back_unchanged(stored: dict[str, object]) -> None:
    shown = show_values(blank_values(FIELDS), stored)
    assert merged_values({}, read_values(FIELDS, shown, "Asia/Tokyo", "JPY")) == stored


@given(stored_values)
def test_what_v1_shows_can_be_sent_back_unchanged(stored: dict[str, object]) -> None:
    changes = read_loose_values(FIELDS, flat_values(FIELDS, stored), "Asia/Tokyo", "JPY", {})
    assert merged_values({}, changes) == stored


@given(stored_values)
def test_sending_back_what_v1_shows_changes_nothing(stored: dict[str, object]) -> None:
    changes = read_loose_values(FIELDS, flat_values(FIELDS, stored), "Asia/Tokyo", "JPY", stored)
    assert merged_values(stored, changes) == stored


@given(st.decimals(-(10**9), 10**9, places=6))
def test_numbers_of_fifteen_digits_are_kept_exactly(number: Decimal) -> None:
    assert Decimal(json.dumps(read("double", number))) == number


@pytest.mark.parametrize(
    ("type_", "value", "kept"),
    [
        ("varchar", "a" * 255, "a" * 255),
        ("boolean", True, "true"),
        ("boolean", "false", "false"),
        ("boolean", "", None),
        ("datetime", "2026-02-01T10:30:00.5+02:00", "2026-02-01T08:30:00Z"),
        ("datetime", "2026-02-01 10:30:00", "2026-02-01T10:30:00Z"),
        ("datetime", "", None),
        ("email", "a" * 255, "a" * 255),
        ("url", "a" * 300, "a" * 300),
        ("text", "", None),
        ("double", 10.0, 10),
        ("double", 0.1 + 0.2, 0.3),
        ("double", Decimal("-0.0"), 0),
        ("monetary", {"value": 10.5}, {"value": 10.5, "currency": "EUR"}),
        ("monetary", {"value": Decimal("0.10"), "currency": "USD"}, {"value": 0.1, "currency": "USD"}),
        ("enum", 4, 4),
        ("set", [4, 2, 4], [4, 2]),
        ("people", 8, 8),
        ("visible_to", 3, 3),
        ("date", "2026-02-01", "2026-02-01"),
        ("daterange", {"value": "2026-02-05", "until": "2026-02-01"}, {"value": "2026-02-05", "until": "2026-02-01"}),
        ("daterange", {"value": "2026-02-05"}, {"value": "2026-02-05", "until": None}),
        ("time", "12:00", NOON),
        ("time", {"value": "12:00:00", "timezone_id": timezone_id(ZONE)}, NOON),
        ("time", {**NOON, "timezone_id": 1}, NOON),
        ("timerange", {"value": "12:00", "until": "13:00:00"}, {**NOON, "until": "13:00:00"}),
        ("address", {"value": "Main Street 1", "route": "Main Street", "country": ""}, ADDRESS),
        ("set", None, None),
    ],
)
def test_strict_values_are_kept_in_one_shape(type_: str, value: object, kept: object) -> None:
    assert read(type_, value) == kept


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("varchar", 5, "must be a string"),
        ("boolean", 1, "must be a boolean"),
        ("boolean", "yes", "must be true or false"),
        ("datetime", 5, "must be a string"),
        ("datetime", "2026-02-30", "must be a timestamp such as 2026-02-01T10:30:00Z"),
        ("email", "a" * 256, "must not be longer than 255 characters"),
        ("url", False, "must be a string"),
        ("varchar", "a" * 256, "must not be longer than 255 characters"),
        ("text", "a" * 65_536, "must not be longer than 65535 characters"),
        ("text", "a\0b", "holds a character that cannot be kept"),
        ("text", "\ud800", "holds a character that cannot be kept"),
        ("double", "5", "must be a number"),
        ("double", True, "must be a number"),
        ("double", float("nan"), "must be a number"),
        ("double", 10**15, "too large"),
        ("double", Decimal("999999999999999.9"), "too large"),
        ("double", Decimal("1E+9999999"), "too large"),
        ("monetary", 10, "must be an object"),
        ("monetary", {"currency": "EUR"}, "needs a value"),
        ("monetary", {"value": "10"}, "must be a number"),
        ("monetary", {"value": 10, "currency": "eur"}, "must have a currency code such as EUR"),
        ("monetary", {"value": 10, "until": 1}, "has no part until"),
        ("enum", "4", "must be an integer"),
        ("enum", 9, "has no option 9"),
        ("set", 4, "must be a list of option ids"),
        ("set", [], "must not be an empty list"),
        ("set", [2, 9], "has no option 9"),
        ("user", True, "must be an integer"),
        ("user", 0, "must be the id of a record"),
        ("visible_to", 2, "must be 1, 3, 5 or 7"),
        ("date", "2026-02-30", "must be a date such as 2026-02-01"),
        ("date", "2026-W05-1", "must be a date such as 2026-02-01"),
        ("date", 20260201, "must be a date such as 2026-02-01"),
        ("daterange", {"value": "2026-02-01", "until": ""}, "must be a date such as 2026-02-01"),
        ("time", "24:00:00", "must be a time such as 10:30:00"),
        ("time", {"value": "10:30:00", "timezone_name": "Europe/Reval"}, "unknown timezone_name"),
        ("time", {"value": "10:30:00", "timezone_name": 5}, "unknown timezone_name"),
        ("time", {"value": "10:30:00", "timezone_name": "localtime"}, "unknown timezone_name"),
        ("time", {"value": "10:30:00", "timezone_id": 374}, "unknown timezone_id"),
        ("timerange", {"value": "10:30:00", "until": "late"}, "must be a time such as 10:30:00"),
        ("address", {"value": "Main Street 1", "planet": "Earth"}, "has no part planet"),
        ("address", {"route": "Main Street"}, "needs a value"),
    ],
)
def test_other_strict_values_are_refused_with_a_reason(type_: str, value: object, reason: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        read(type_, value)
    assert (refused.value.key, refused.value.reason) == (key_of(type_), reason)


def test_a_key_that_is_no_field_is_refused() -> None:
    with pytest.raises(FieldInvalid, match="foo: unknown field"):
        read_values(FIELDS, {"foo": 1}, ZONE, "EUR")


@pytest.mark.parametrize(
    ("given_flat", "kept"),
    [
        ({"varchar": 5}, "5"),
        ({"email": 5}, "5"),
        ({"url": 5}, "5"),
        ({"boolean": "true"}, "true"),
        ({"boolean": ""}, None),
        ({"varchar": ""}, None),
        ({"double": " 10.50 "}, 10.5),
        ({"monetary": "10"}, {"value": 10, "currency": "EUR"}),
        ({"monetary": 10, "monetary_currency": "usd"}, {"value": 10, "currency": "USD"}),
        ({"monetary": "", "monetary_currency": "USD"}, None),
        ({"enum": "4"}, 4),
        ({"enum": "Hot"}, 4),
        ({"set": "2, 3"}, [2, 3]),
        ({"set": ["2", 3, "Hot"]}, [2, 3, 4]),
        ({"set": 2}, [2]),
        ({"set": []}, None),
        ({"set": ""}, None),
        ({"user": "7"}, 7),
        ({"user": {"id": 7, "value": 7}}, 7),
        ({"daterange": "2026-02-01", "daterange_until": ""}, {"value": "2026-02-01", "until": None}),
        ({"time": "12:00", "time_timezone_id": str(timezone_id(ZONE))}, NOON),
        ({"time": "12:00", "time_timezone_id": ""}, NOON),
        ({"address": "Main Street 1", "address_route": "Main Street"}, ADDRESS),
    ],
)
def test_lenient_values_are_kept_in_the_same_shape(given_flat: Mapping[str, object], kept: object) -> None:
    assert loose(given_flat) == kept


@pytest.mark.parametrize(
    ("given_flat", "stored", "kept"),
    [
        ({"monetary_currency": "USD"}, {"value": 10, "currency": "EUR"}, {"value": 10, "currency": "USD"}),
        ({"monetary": 12}, {"value": 10, "currency": "USD"}, {"value": 12, "currency": "USD"}),
        (
            {"daterange_until": "2026-02-05"},
            {"value": "2026-02-01", "until": None},
            {"value": "2026-02-01", "until": "2026-02-05"},
        ),
        (
            {"time_timezone_id": timezone_id(ZONE)},
            {"value": "12:00:00", "timezone_id": timezone_id("UTC"), "timezone_name": "UTC"},
            NOON,
        ),
        ({"address_route": "Main Street"}, {**ADDRESS, "route": "Side Street"}, ADDRESS),
        ({"address": "Main Street 1", "address_route": "Main Street"}, {**ADDRESS, "country": "Estonia"}, ADDRESS),
        ({"monetary_currency": "USD"}, None, None),
        ({"time_timezone_id": timezone_id(ZONE)}, None, None),
    ],
)
def test_companions_are_folded_into_what_is_stored(
    given_flat: Mapping[str, object], stored: object, kept: object
) -> None:
    assert loose(given_flat, stored) == kept


@pytest.mark.parametrize(
    ("given_flat", "reason"),
    [
        ({"double": "ten"}, "must be a number"),
        ({"double": "1_000"}, "must be a number"),
        ({"enum": "Lukewarm"}, "has no option Lukewarm"),
        ({"set": "2,9"}, "has no option 9"),
        ({"user": "me"}, "must be an integer"),
        ({"date": "tomorrow"}, "must be a date such as 2026-02-01"),
        ({"monetary": "5", "monetary_currency": "€"}, "must have a currency code such as EUR"),
        ({"time": "10:30", "time_timezone_id": "374"}, "unknown timezone_id"),
        ({"daterange_until": "2026-02-05"}, "needs a value"),
        ({"address_country": "Estonia"}, "needs a value"),
    ],
)
def test_other_lenient_values_are_refused_with_a_reason(given_flat: Mapping[str, object], reason: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        loose(given_flat)
    assert refused.value.reason == reason


@pytest.mark.parametrize("flat_key", ["foo", key_of("date") + "_currency", key_of("monetary") + "-currency"])
def test_a_flat_key_that_is_no_field_is_refused(flat_key: str) -> None:
    with pytest.raises(FieldInvalid, match="unknown field"):
        read_loose_values(FIELDS, {flat_key: "1"}, ZONE, "EUR", {})


def test_a_flat_key_means_a_field_or_one_of_its_parts() -> None:
    key = key_of("monetary")
    assert [split_key(FIELDS, text) for text in (key, f"{key}_currency", f"{key}_until")] == [
        (key, "value"),
        (key, "currency"),
        None,
    ]


def test_unset_fields_are_shown_as_none_in_field_order() -> None:
    shown = show_values(blank_values(["a", "b", "c"]), {"c": 3, "b": 2})
    assert list(shown.items()) == [("a", None), ("b", 2), ("c", 3)]


def test_values_of_deleted_fields_are_not_shown() -> None:
    assert show_values(blank_values(["a", "b"]), {"b": 2, "gone": 3}) == {"a": None, "b": 2}


def test_options_are_shown_with_their_labels() -> None:
    stored = {key_of("enum"): 4, key_of("set"): [2, 3], key_of("varchar"): "x"}
    fields = {key: FIELDS[key] for key in stored}
    assert with_labels(blank_values(fields), option_labels(fields), stored) == {
        key_of("enum"): {"id": 4, "label": "Hot"},
        key_of("set"): [{"id": 2, "label": "Cold"}, {"id": 3, "label": "Warm"}],
        key_of("varchar"): "x",
    }


def test_removed_options_are_not_shown_with_labels() -> None:
    fields = {key: FIELDS[key] for key in (key_of("enum"), key_of("set"))}
    stored = {key_of("enum"): 9, key_of("set"): [9, 3]}
    assert with_labels(blank_values(fields), option_labels(fields), stored) == {
        key_of("enum"): None,
        key_of("set"): [{"id": 3, "label": "Warm"}],
    }


def test_v1_shows_companions_beside_their_field_also_where_it_is_unset() -> None:
    fields = {key_of(type_): FIELDS[key_of(type_)] for type_ in ("monetary", "time", "set")}
    stored = {key_of("time"): NOON, key_of("set"): [2, 3]}
    assert flat_values(fields, stored) == {
        key_of("monetary"): None,
        key_of("monetary") + "_currency": None,
        key_of("time"): "12:00:00",
        key_of("time") + "_timezone_id": timezone_id(ZONE),
        key_of("set"): "2,3",
    }


@given(st.lists(st.text(min_size=1).filter(str.strip).map(str.strip), min_size=1, max_size=9, unique=True))
def test_replacing_options_with_themselves_changes_nothing(labels: list[str]) -> None:
    before = add_options(field("set"), labels, next_id=10)
    assert replace_options(before, [(option.id, option.label) for option in before.options], next_id=99) == before


def test_added_options_take_the_next_ids() -> None:
    after = add_options(FIELDS[key_of("enum")], ["Boiling", " Icy "], next_id=17)
    assert after.options == (*OPTIONS, Option(17, "Boiling", None), Option(18, "Icy", None))


def test_renamed_options_keep_place_and_colour_and_may_swap_labels() -> None:
    after = rename_options(FIELDS[key_of("set")], {3: "Hot", 4: "Warm"})
    assert after.options == (OPTIONS[0], Option(3, "Hot", "yellow"), Option(4, "Warm", "red"))


def test_removed_options_are_gone() -> None:
    assert remove_options(FIELDS[key_of("set")], [2, 4]).options == (OPTIONS[1],)


def test_replaced_options_keep_the_named_add_the_new_and_drop_the_rest() -> None:
    after = replace_options(FIELDS[key_of("set")], [(None, "Icy"), (4, "Very hot"), (None, "Mild")], next_id=17)
    assert after.options == (Option(17, "Icy", None), Option(4, "Very hot", "red"), Option(18, "Mild", None))


ENUM = FIELDS[key_of("enum")]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda: add_options(ENUM, ["Hot"], 17), id="a label that is taken"),
        pytest.param(lambda: add_options(ENUM, ["Icy", "Icy "], 17), id="a label given twice"),
        pytest.param(lambda: add_options(ENUM, ["Icy", " "], 17), id="an empty label"),
        pytest.param(lambda: add_options(ENUM, ["a" * 256], 17), id="a long label"),
        pytest.param(lambda: add_options(FIELDS[key_of("text")], ["Hot"], 17), id="a type without options"),
        pytest.param(lambda: rename_options(ENUM, {9: "Icy"}), id="renaming an unknown option"),
        pytest.param(lambda: remove_options(ENUM, [2, 9]), id="removing an unknown option"),
        pytest.param(lambda: remove_options(ENUM, [2, 2]), id="removing twice"),
        pytest.param(lambda: remove_options(ENUM, [2, 3, 4]), id="removing the last"),
        pytest.param(lambda: replace_options(ENUM, [], 17), id="replacing with nothing"),
        pytest.param(lambda: replace_options(ENUM, [(9, "Icy")], 17), id="replacing an unknown option"),
        pytest.param(lambda: replace_options(ENUM, [(2, "Icy"), (2, "Mild")], 17), id="naming an option twice"),
    ],
)
def test_options_are_not_edited_into_nonsense(edit: Callable[[], Field]) -> None:
    with pytest.raises(Invalid):
        edit()


@pytest.mark.parametrize(("value", "left"), [([2, 3], [3]), ([2], None), (2, None), (3, 3), (None, None)])
def test_a_value_forgets_removed_options(value: object, left: object) -> None:
    assert forget_options(value, {2, 4}) == left


def test_system_fields_have_ids_of_their_own_and_keys_once_per_resource() -> None:
    fields = [system for resource in SYSTEM.values() for system in resource]
    assert (len({system.id for system in fields}), len({(system.resource, system.key) for system in fields})) == (
        len(fields),
        len(fields),
    )


@pytest.mark.parametrize(
    ("resource", "place", "expected"),
    [
        ("deal", 1, (2, "title", "varchar", "Title")),
        ("deal", 9, (10, "pipeline_id", "pipeline", "Pipeline")),
        ("deal", 26, (27, "expected_close_date", "date", "Expected close date")),
        ("deal", 33, (34, "activities_count", "int", "Number of activities")),
        ("deal", -1, (51, "archive_time", "date", "Archive time")),
        ("person", 1, (102, "name", "varchar", "Name")),
        ("organization", 1, (202, "name", "varchar", "Name")),
    ],
)
def test_system_fields_stay_where_they_are(resource: str, place: int, expected: tuple[int, str, str, str]) -> None:
    found = SYSTEM[resource][place]
    assert (found.id, found.key, found.type, found.name) == expected


def test_a_deals_status_is_one_of_four() -> None:
    status = next(system for system in SYSTEM["deal"] if system.key == "status")
    assert [option.label for option in status.options] == ["Open", "Lost", "Won", "Deleted"]


@pytest.mark.parametrize(("name", "number"), [("UTC", 607_436_083), ("Europe/Tallinn", 1_472_092_837)])
def test_time_zone_numbers_are_for_ever(name: str, number: int) -> None:
    assert timezone_id(name) == number


def test_no_two_time_zones_share_a_number() -> None:
    names = available_timezones()
    assert len({timezone_id(name) for name in names}) == len(names)
