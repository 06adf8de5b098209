"""`dealflow token`."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from dealflow.cli.options import CompanyId, Database, Json

app = App(name="token")


@app.command
def new(
    user: Annotated[str, Parameter(help="Id or e-mail address of the user.")],
    /,
    *,
    kind: Annotated[
        Literal["pipedrive", "sell"], Parameter(help="Its length: 40 hex digits or 64. Either opens both dialects.")
    ] = "pipedrive",
    company: CompanyId = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Make a token and print it, this once. It replaces the user's token of the same kind."""
    from dealflow.actions.companies import new_token
    from dealflow.cli.output import print_json
    from dealflow.cli.store import as_admin, user_of, writing

    with writing(database) as db:
        tx = as_admin(db, company)
        owner = user_of(tx, user)
        secret = new_token(tx, owner.id, kind)
    if json:
        print_json({"user_id": owner.id, "kind": kind, "token": secret})
    else:
        print(secret)


@app.command(name="list")
def list_(*, company: CompanyId = None, database: Database = None, json: Json = False) -> None:
    """List the tokens in force by their last four digits."""
    from dealflow.cli.output import print_json, print_table
    from dealflow.cli.store import reading, view
    from dealflow.core.time import iso
    from dealflow.storage import users

    with reading(database) as db:
        tx = view(db, company)
        names = {user.id: user.name for user in users.everyone(tx)}
        tokens = [each for each in users.tokens(tx) if each.expires_at is None or each.expires_at > tx.now]
    if json:
        print_json(
            [
                {
                    "id": each.id,
                    "user_id": each.user_id,
                    "kind": each.kind,
                    "last4": each.last4,
                    "created_at": iso(each.created_at),
                }
                for each in tokens
            ]
        )
    else:
        print_table(
            ("Id", "User", "Kind", "Ends in", "Created"),
            [(t.id, f"{t.user_id} {names[t.user_id]}", t.kind, t.last4, iso(t.created_at)) for t in tokens],
        )


@app.command
def revoke(
    token_id: Annotated[int, Parameter(help="Id of the token, as `dealflow token list` shows it.")],
    /,
    *,
    company: CompanyId = None,
    database: Database = None,
) -> None:
    """End a token at once, an OAuth token together with its refresh token."""
    from dealflow.actions.companies import revoke_token
    from dealflow.cli.store import as_admin, writing

    with writing(database) as db:
        revoke_token(as_admin(db, company), token_id)
    print(f"Token {token_id} is revoked.")
