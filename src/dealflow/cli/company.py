"""`dealflow company`."""

import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from dealflow.cli.options import Database, Json

app = App(name="company")


@app.command
def add(
    name: str,
    /,
    *,
    currency: Annotated[str, Parameter(help="Default currency, as EUR.")],
    timezone: Annotated[str, Parameter(help="Default time zone, as Europe/Tallinn.")],
    admin_name: str,
    admin_email: str,
    template: Annotated[
        Literal["pipedrive", "sell", "empty"],
        Parameter(
            help="What the company begins with: the pipeline of a new Pipedrive or Zendesk Sell account, or none."
        ),
    ] = "pipedrive",
    database: Database = None,
    json: Json = False,
) -> None:
    """Add a company with its first admin and print the admin's tokens, this once."""
    from dealflow.actions.companies import set_up_company
    from dealflow.cli.output import print_json, print_secrets, secrets_json
    from dealflow.cli.store import SURFACE, now, writing
    from dealflow.storage import operator
    from dealflow.storage.tx import Tx

    with writing(database) as db:
        tx = Tx(db, operator.next_company_id(db), 0, now(), SURFACE)
        company, admin = set_up_company(
            tx,
            name,
            currency=currency,
            timezone=timezone,
            admin_name=admin_name,
            admin_email=admin_email,
            template=template,
        )
    if json:
        print_json({"company_id": company.company_id, "users": [secrets_json(admin)]})
    else:
        print(f"Company {company.company_id}: {company.name}")
        print_secrets(admin)


@app.command(name="list")
def list_(*, database: Database = None, json: Json = False) -> None:
    """List the companies."""
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import reading
    from dealflow.core.time import iso
    from dealflow.storage import operator

    with reading(database) as db:
        companies = operator.companies(db)
    if json:
        print_json(
            [
                {
                    "id": each.company_id,
                    "name": each.name,
                    "currency": each.currency,
                    "timezone": each.timezone,
                    "created_at": iso(each.created_at),
                }
                for each in companies
            ]
        )
    else:
        print_table(
            ("Id", "Name", "Currency", "Time zone", "Created"),
            [(c.company_id, c.name, c.currency, c.timezone, iso(c.created_at)) for c in companies],
        )


@app.command
def delete(
    company_id: Annotated[int, Parameter(help="Id of the company, as `dealflow company list` shows it.")],
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    database: Database = None,
    json: Json = False,
) -> None:
    """Delete a company with all that belongs to it, its history too. Only a backup brings it back."""
    from dealflow.actions.operator import delete_company
    from dealflow.cli.output import print_json
    from dealflow.cli.store import reading, view, writing
    from dealflow.storage import counters, operator, users

    with reading(database) as db:
        name = users.company(view(db, company_id)).name
        deals = operator.rows_of(db, company_id)["deal"]
    if not yes:
        _confirm(f"Delete company {company_id}, {name}, with its {deals:,} deals?")
    with writing(database, whole_company=True) as db:
        tx = view(db, company_id)
        counters.queue_up(tx)
        removed = delete_company(tx)
    if json:
        print_json({"company_id": company_id, "removed": removed})
    else:
        print(f"Company {company_id}, {name}, is deleted: {sum(removed.values()):,} rows; none is left in any table.")


def _confirm(question: str) -> None:
    """Ask. Raises Conflict unless the answer is yes."""
    from rich.console import Console
    from rich.prompt import Confirm

    from dealflow.core.errors import Conflict

    if not sys.stdin.isatty():
        raise Conflict("company", "say --yes to delete it without being asked")
    if not Confirm.ask(question, console=Console(stderr=True), default=False):
        raise Conflict("company", "nothing was deleted")
