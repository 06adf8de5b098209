"""`dealflow stats`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from dealflow.cli.options import CompanyId, Database, Json

if TYPE_CHECKING:
    from rich.table import Table

    from dealflow.reports.answer import ReportOut

SHOWN = ("funnel", "movements", "win_rate")
LONGEST_BAR = 24
# What the numbers of the funnel take of a line.
NUMBERS = 60
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def stats(
    pipeline: Annotated[str, Parameter(help="Id or name of the pipeline.")],
    /,
    *,
    from_: Annotated[
        str | None, Parameter(name="--from", help="First day, YYYY-MM-DD; by default 89 days before.")
    ] = None,
    to: Annotated[str | None, Parameter(help="Last day, YYYY-MM-DD; by default today.")] = None,
    user: Annotated[
        list[str] | None,
        Parameter(negative="", help="Id or e-mail address of an owner; may come several times. All without it."),
    ] = None,
    as_of: Annotated[
        str | None, Parameter(help="Answer as at that moment: a day, or an instant such as 2026-03-31T12:00:00Z.")
    ] = None,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Print how deals went through a pipeline: the funnel, the moves between stages, what was won and lost.

    Days are those of the company's time zone. docs/statistics.md defines every figure.
    """
    from dealflow.cli.output import print_json, printable
    from dealflow.cli.store import pipeline_of, reading, user_of, view
    from dealflow.reports.answer import answer
    from dealflow.reports.report import Asking, last_days, read_moment, report
    from dealflow.storage import users
    from dealflow.wire import encode

    with reading(database) as db:
        tx = view(db, company)
        home = users.company(tx)
        moment = None if as_of is None else read_moment(as_of, tx.now, home.timezone)
        first, last = last_days(from_, to, moment or tx.now, home.timezone)
        asking = Asking(
            pipeline_id=pipeline_of(tx, pipeline).id,
            first=first,
            last=last,
            timezone=home.timezone,
            currency=home.currency,
            users=None if user is None else list(dict.fromkeys(user_of(tx, each).id for each in user)),
            as_of=moment,
        )
        asked = report(tx, asking, None)
        shown = answer(asked, SHOWN)
        names = {stage.id: printable(stage.name) for stage in asked.stages}
    if json:
        import msgspec

        print_json(msgspec.json.decode(encode(shown)))
    else:
        _print(shown, names)


def _print(shown: "ReportOut", names: dict[int, str]) -> None:
    from rich.console import Console

    from dealflow.cli.output import printable

    console = Console()
    if not console.is_terminal:
        console = Console(width=1_000)
    period, whose = shown["period"], shown["users"]
    about = "all users" if whose == "all" else f"user {', '.join(map(str, whose))}"
    console.print(
        f"{printable(shown['pipeline']['name'])}, {period['from']} to {period['to']} ({period['timezone']}), {about}, "
        f"as of {shown['as_of']}",
        markup=False,
        highlight=False,
    )
    figures = shown["figures"]
    room = console.width - NUMBERS - max(map(len, names.values()), default=0)
    longest = max(min(room, LONGEST_BAR), 1)
    console.print("\nFunnel", style="bold")
    console.print(_funnel(figures["funnel"]["stages"], names, longest))
    console.print(f"Moves between stages: {figures['movements']['total']}", style="bold", highlight=False)
    console.print(_movements(figures["movements"]["between_stages"], names, longest))
    console.print(_closed(figures["win_rate"]), markup=False, highlight=False)


def _table(*columns: str, texts: int) -> "Table":
    """A table whose first columns are text and the rest numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < texts else "right")
    return table


def _funnel(stages: list[dict[str, Any]], names: dict[int, str], longest: int) -> "Table":
    from rich.text import Text

    table = _table("Stage", "", "Entered", "Went on", "Lost", "Still there", "Of decided", texts=2)
    most = max((row["entered"] for row in stages), default=0)
    for row in stages:
        numbers = [str(row[each]) for each in ("entered", "converted", "lost", "still_there")]
        bar = Text(bar_of(row["entered"], most, longest), "cyan")
        table.add_row(Text(names[row["stage_id"]]), bar, *numbers, percent(row["rate_of_decided_percent"]))
    return table


def bar_of(part: int, whole: int, longest: int = LONGEST_BAR) -> str:
    """A bar in eighths of a character, as much of the longest as `part` is of `whole`."""
    full, eighths = divmod(8 * longest * part // whole if whole else 0, 8)
    return "█" * full + EIGHTHS[eighths]


def percent(rate: int | None) -> str:
    """A rate as people read it; a dash where nobody counts."""
    return "-" if rate is None else f"{rate} %"


def _movements(pairs: list[dict[str, Any]], names: dict[int, str], longest: int) -> "Table":
    from rich.text import Text

    table = _table("From", "To", "", "Moves", texts=3)
    most = max((row["count"] for row in pairs), default=0)
    for row in pairs:
        ends = [Text(names[row[each]]) for each in ("from_stage_id", "to_stage_id")]
        table.add_row(*ends, Text(bar_of(row["count"], most, longest), "cyan"), str(row["count"]))
    return table


def _closed(closed: dict[str, Any]) -> str:
    won, lost = (worth(closed[each]) for each in ("won_value", "lost_value"))
    return (
        f"Won {closed['won']}{won}, lost {closed['lost']}{lost}: {percent(closed['rate_by_count_percent'])} by number, "
        f"{percent(closed['rate_by_value_percent'])} by value."
    )


def worth(value: dict[str, Any]) -> str:
    """Sums by currency in brackets; nothing for none."""
    sums = [f"{sum_:,} {currency}" for currency, sum_ in value["by_currency"].items()]
    return f" ({', '.join(sums)})" if sums else ""
