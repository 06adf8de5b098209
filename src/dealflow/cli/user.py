"""`dealflow user`."""

import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from dealflow.cli.options import CompanyId, Database, Json

app = App(name="user")


@app.command
def add(
    name: str,
    /,
    *,
    email: str,
    role: Annotated[
        Literal["admin", "user"], Parameter(help="Admins change pipelines, stages, fields and users.")
    ] = "user",
    own_deals_only: Annotated[
        bool, Parameter(negative="", help="The user sees only the deals they own or follow.")
    ] = False,
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Add a user and print their tokens, this once."""
    from dealflow.actions.companies import new_user
    from dealflow.cli.output import print_json, print_secrets, secrets_json
    from dealflow.cli.store import as_admin, writing

    with writing(database) as db:
        made = new_user(as_admin(db, company), name, email, role=role, sees_all=not own_deals_only)
    if json:
        print_json(secrets_json(made))
    else:
        print_secrets(made)


@app.command(name="list")
def list_(*, company: CompanyId = None, database: Database = None, json: Json = False) -> None:
    """List the users, inactive ones too."""
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import reading, view
    from dealflow.storage import users

    with reading(database) as db:
        everyone = users.everyone(view(db, company))
    if json:
        print_json(
            [
                {
                    "id": each.id,
                    "name": each.name,
                    "email": each.email,
                    "role": each.role,
                    "active": each.is_active,
                    "own_deals_only": not each.sees_all,
                }
                for each in everyone
            ]
        )
    else:
        print_table(
            ("Id", "Name", "E-mail", "Role", "Active", "Sees"),
            [
                (
                    u.id,
                    u.name,
                    u.email,
                    u.role,
                    "yes" if u.is_active else "no",
                    "all deals" if u.sees_all else "own deals",
                )
                for u in everyone
            ],
        )


@app.command
def password(
    user: Annotated[str, Parameter(help="Id or e-mail address.")],
    /,
    *,
    stdin: Annotated[
        bool, Parameter(name="--stdin", negative="", help="Read it from standard input, one line, without asking.")
    ] = False,
    forget: Annotated[bool, Parameter(name="--forget", negative="", help="Keep no password any more.")] = False,
    company: CompanyId = None,
    database: Database = None,
) -> None:
    """Set the password with which a user signs in where a browser asks; programs go on with their tokens."""
    from dealflow.actions.passwords import forget_password, hashed, set_password
    from dealflow.cli.store import as_admin, reading, user_of, view, writing

    with reading(database) as db:
        found = user_of(view(db, company), user)
    kept = None if forget else hashed(_typed(found.name, stdin=stdin))
    with writing(database) as db:
        tx = as_admin(db, company)
        if kept is None:
            forget_password(tx, found.id)
        else:
            set_password(tx, found.id, kept)
    print(f"User {found.id}, {found.name}, has {'no' if forget else 'a new'} password.")


def _typed(name: str, *, stdin: bool) -> str:
    """A password, asked for twice without showing it, or the first line of standard input. Raises Invalid."""
    from getpass import getpass

    from dealflow.core.errors import Invalid

    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Invalid("password", "say --stdin to read it from standard input")
    first = getpass(f"New password of {name}: ")
    if getpass("The same again: ") != first:
        raise Invalid("password", "the two are not the same")
    return first


@app.command
def deactivate(
    user: Annotated[str, Parameter(help="Id or e-mail address.")],
    /,
    *,
    company: CompanyId = None,
    database: Database = None,
) -> None:
    """Keep a user out; their tokens stop working at once, OAuth ones for good; their deals stay theirs."""
    from dealflow.actions.companies import set_active
    from dealflow.cli.store import as_admin, user_of, writing

    with writing(database) as db:
        tx = as_admin(db, company)
        found = set_active(tx, user_of(tx, user).id, active=False)
    print(f"User {found.id}, {found.name}, is inactive.")
