"""`dealflow demo`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter

from dealflow.cli.serve import Host, Port, ReadyFile, SellRate

if TYPE_CHECKING:
    from dealflow.actions.companies import Secrets
    from dealflow.core.deal import Deal
    from dealflow.storage.bulk import Progress
    from dealflow.storage.database import Connection
    from dealflow.storage.tx import Tx

MARK = "demo"
LONG = 1_000
LARGEST = 1_000_000


class Told(NamedTuple):
    """What a demo database says of itself."""

    company_id: int
    seed: int
    deals: int
    day: str


def demo(
    *,
    database: Annotated[
        str | None,
        Parameter(help="sqlite:///FILE or postgresql://…; by default demo.db in the user's data folder."),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    deals: Annotated[int, Parameter(help="How many deals to make up.")] = 180,
    seed: Annotated[int, Parameter(help="Another number makes up other deals, the same one the same.")] = 1,
    ready_file: ReadyFile = None,
    sell_rate: SellRate = 0,
) -> None:
    """Serve a company with a made-up past: two pipelines, five people, eighteen months of deals in four currencies.

    A demo database that is there already is used again as it is. Its people get new tokens at each start, since only
    the hashes of tokens are kept; the new ones are printed, and written to the ready file.
    """
    from dealflow.cli.output import secrets_json
    from dealflow.cli.serve import checked_rate, serve_until_told
    from dealflow.cli.store import SURFACE, now, writing
    from dealflow.cli.story import fresh_tokens
    from dealflow.core.errors import Invalid
    from dealflow.server import serve as server
    from dealflow.server.config import Config, data_folder
    from dealflow.storage.tx import Tx

    if not 0 <= deals <= LARGEST:
        raise Invalid("deals", f"must be from 0 to {LARGEST:,}")
    rate = checked_rate(sell_rate)
    url = database or f"sqlite:///{data_folder() / 'demo.db'}"
    with server.listen(host, port) as bound:
        with writing(url) as db:
            told = made_up(db, seed, deals)
            tx = Tx(db, told.company_id, 0, now(), SURFACE)
            people = fresh_tokens(tx)
            movable = _movable(tx, people)
        if (told.seed, told.deals) != (seed, deals):
            note = f"{told.deals} deals, seed {told.seed}, made on {told.day}; another --database makes new ones"
            print(f"Using the demo data that is there: {note}.", file=sys.stderr)
        _welcome(server.address(bound), people, movable)
        content = {"company_id": told.company_id, "users": [secrets_json(each) for each in people]}
        config = replace(Config.from_environment(), database=url, sell_rate=rate)
        serve_until_told(config, bound, 1, ready_file, content)


def made_up(db: "Connection", seed: int, deals: int) -> Told:
    """The demo company, made unless it is there. Raises Conflict if the database holds others."""
    import msgspec

    from dealflow.cli.rates import ecb_rates
    from dealflow.cli.store import SURFACE, now
    from dealflow.cli.story import beginning, tell
    from dealflow.cli.story_words import TIMEZONE
    from dealflow.core.errors import Conflict
    from dealflow.core.time import local_day, moment
    from dealflow.storage import operator
    from dealflow.storage.rates import keep_rates
    from dealflow.storage.tx import Tx

    mark = operator.kept(db, MARK, lock=True)
    companies = {company.company_id for company in operator.companies(db)}
    if mark is not None:
        told = Told(**msgspec.json.decode(mark))
        if told.company_id in companies:
            return told
    if companies:
        raise Conflict("database", "holds companies of its own; name another with --database")
    day = local_day(now(), TIMEZONE)
    today = date.fromisoformat(day)
    told = Told(operator.next_company_id(db), seed, deals, day)
    start = beginning(today)
    with _progress(deals) as progress:
        tell(Tx(db, told.company_id, 0, start, SURFACE), seed, today, deals, progress)
    keep_rates(db, ecb_rates(since=moment(start).date()))
    operator.keep(db, MARK, msgspec.json.encode(told._asdict()).decode())
    return told


@contextmanager
def _progress(deals: int) -> Iterator["Progress"]:
    """A bar on standard error, if someone is there to see it and it takes a while."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    rows = deals * 10
    with Bar(console=console, transient=True, disable=not console.is_terminal or deals < LONG) as bar:
        task = bar.add_task("Making up deals", total=rows)
        yield lambda written: bar.update(task, advance=written)


def _movable(tx: "Tx", people: Sequence["Secrets"]) -> "tuple[Deal, int] | None":
    """An open deal and the stage it could move to next."""
    from dealflow.storage import pipelines
    from dealflow.storage.deals import deals

    tx.user_id = people[0].user.id
    for pipeline in pipelines.live_pipelines(tx):
        stages = pipelines.open_stages(tx, pipeline.id)
        for stage, following in pairwise(stages):
            where = {"stage": {"stage_id": stage.id}, "open": {}, "not_archived": {}}
            found = deals.page(tx, where, limit=1)
            if found:
                return found[0], following.id
    return None


def _welcome(base: str, people: Sequence["Secrets"], movable: "tuple[Deal, int] | None") -> None:
    """Where it is, who may come in, and what to try first."""
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for each in people:
        table.add_row(each.user.name, each.user.role, each.pipedrive_token)
    console = Console()
    console.print(Panel(table, title=f"dealflow demo on {base}", subtitle="Pipedrive tokens", expand=False))
    token = people[0].pipedrive_token
    lines = [f"curl '{base}/v1/pipelines?api_token={token}'"]
    if movable is not None:
        deal, stage_id = movable
        as_json = f"-H 'Content-Type: application/json' -d '{{\"stage_id\": {stage_id}}}'"
        lines += [
            f"curl -H 'x-api-token: {token}' '{base}/api/v2/deals?pipeline_id={deal.pipeline_id}&limit=3'",
            f"curl -X PATCH -H 'x-api-token: {token}' {as_json} '{base}/api/v2/deals/{deal.id}'",
        ]
    print("Try:", *lines, sep="\n  ")
    print("The tokens are new at each start. Ctrl-C stops the server.", flush=True)
