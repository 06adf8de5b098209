"""What commands print: tables for people, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from dealflow.actions.companies import Secrets
    from dealflow.core.company import User


def print_json(content: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(content).decode(), indent=2) + "\n")


def printable(text: str) -> str:
    """Text that moves no cursor and changes no colour: what cannot be printed is a replacement character."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table, as wide as its content where nobody sees it."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*[Text("" if cell is None else printable(str(cell))) for cell in row])
    console = Console()
    (console if console.is_terminal else Console(width=1_000)).print(table)


def user_json(user: "User", pipedrive_token: str | None = None, sell_token: str | None = None) -> dict[str, Any]:
    """A user as scripts read it; tokens are there when they were just made."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "pipedrive_token": pipedrive_token,
        "sell_token": sell_token,
    }


def secrets_json(made: "Secrets") -> dict[str, Any]:
    """A new user with tokens."""
    return user_json(made.user, made.pipedrive_token, made.sell_token)


def print_secrets(made: "Secrets") -> None:
    """A new user with tokens, for people."""
    print(f"User {made.user.id}: {made.user.name} <{made.user.email}>, {made.user.role}")
    print(f"  Pipedrive token: {made.pipedrive_token}")
    print(f"  Sell token:      {made.sell_token}")
    print("The tokens are shown this once; `dealflow token new` makes others.")
