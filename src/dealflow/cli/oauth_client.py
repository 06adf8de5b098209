"""`dealflow oauth-client`."""

from typing import Annotated

from cyclopts import App, Parameter

from dealflow.cli.options import Database, Json

app = App(name="oauth-client")


@app.command
def add(
    name: Annotated[str, Parameter(help="What users are shown.")],
    /,
    *,
    redirect_uri: Annotated[
        list[str],
        Parameter(name="--redirect-uri", negative="", help="Where it may send them back to; several in turn."),
    ],
    database: Database = None,
    json: Json = False,
) -> None:
    """Register a program that users may let in; print its id and its secret, this once."""
    from dealflow.actions.operator import add_client
    from dealflow.cli.output import print_json
    from dealflow.cli.store import now, writing

    with writing(database) as db:
        made = add_client(db, now(), name, redirect_uri)
    client = made.client
    if json:
        print_json(
            {
                "client_id": client.client,
                "client_secret": made.secret,
                "name": client.name,
                "redirect_uris": client.redirect_uris,
            }
        )
    else:
        print(f"OAuth client {client.name}")
        print(f"  Id:     {client.client}")
        print(f"  Secret: {made.secret}")
        print("The secret is shown this once.")


@app.command(name="list")
def list_(*, database: Database = None, json: Json = False) -> None:
    """List the programs that users may let in."""
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import reading
    from dealflow.core.time import iso
    from dealflow.storage import operator

    with reading(database) as db:
        clients = operator.oauth_clients(db)
    if json:
        print_json(
            [
                {
                    "client_id": each.client,
                    "name": each.name,
                    "redirect_uris": each.redirect_uris,
                    "created_at": iso(each.created_at),
                }
                for each in clients
            ]
        )
    else:
        print_table(
            ("Id", "Name", "Leads back to", "Created"),
            [(each.client, each.name, " ".join(each.redirect_uris), iso(each.created_at)) for each in clients],
        )


@app.command
def delete(
    client_id: Annotated[str, Parameter(help="Id of the client, as `dealflow oauth-client list` shows it.")],
    /,
    *,
    database: Database = None,
) -> None:
    """Remove a program; all its tokens stop working at once."""
    from dealflow.actions.operator import delete_client
    from dealflow.cli.store import now, writing

    with writing(database) as db:
        found = delete_client(db, now(), client_id)
    print(f"OAuth client {found.name} is deleted.")
