"""Currencies as Pipedrive clients see them (contract 2.11)."""

import pytest

from tests.support.people import Server


def test_a_currency_has_the_keys_of_the_contract(server: Server) -> None:
    (euro,) = server.seller.get("/v1/currencies", term="eur").data
    assert euro == {
        "id": euro["id"],
        "code": "EUR",
        "name": "Euro",
        "decimal_points": 2,
        "symbol": "€",
        "active_flag": True,
        "is_custom_flag": False,
    }


@pytest.mark.parametrize(
    ("term", "codes"), [("Kronor", []), ("swedish k", ["SEK"]), ("JPY", ["JPY"]), ("no such thing", [])]
)
def test_the_term_is_part_of_code_or_name_in_any_case(server: Server, term: str, codes: list[str]) -> None:
    assert [each["code"] for each in server.seller.get("/v1/currencies", term=term).data] == codes


def test_without_a_term_all_are_listed(server: Server) -> None:
    assert len(server.seller.get("/v1/currencies").data) > 100
