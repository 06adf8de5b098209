from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_precision, get_currency_symbol

from dealflow.core.currencies import CURRENCIES, decimals, is_known


def test_the_table_holds_every_currency_that_is_legal_tender_today() -> None:
    spans = [span for territory in get_global("territory_currencies").values() for span in territory]
    assert set(CURRENCIES) == {code for code, _, end, is_tender in spans if is_tender and end is None}


def test_names_decimals_and_symbols_are_those_of_the_locale_data() -> None:
    assert [(row.name, row.decimals, row.symbol) for row in CURRENCIES.values()] == [
        (get_currency_name(code, locale="en"), get_currency_precision(code), get_currency_symbol(code, locale="en"))
        for code in CURRENCIES
    ]


def test_each_currency_stands_under_its_own_code() -> None:
    assert [row.code for row in CURRENCIES.values()] == list(CURRENCIES)


def test_ids_count_up_from_one() -> None:
    assert [row.id for row in CURRENCIES.values()] == list(range(1, len(CURRENCIES) + 1))


def test_ids_handed_out_stay_as_they_were() -> None:
    codes = ("AED", "EUR", "USD", "ZWG")
    assert [CURRENCIES[code].id for code in codes] == [1, 42, 139, 154]


def test_replaced_currencies_and_lower_case_codes_are_not_known() -> None:
    assert [is_known(code) for code in ("EUR", "USD", "DEM", "XAU", "eur", "")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_decimals_follow_the_currency_and_are_two_where_it_is_not_known() -> None:
    assert [decimals(code) for code in ("EUR", "JPY", "KWD", "POINTS")] == [2, 0, 3, 2]
