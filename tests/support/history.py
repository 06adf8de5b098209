"""History files in tests: written, brought in by the real action, told again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dealflow.actions.check_history import Checked, check
from dealflow.actions.import_history import Imported, import_history
from dealflow.storage import export
from dealflow.storage.history import Past
from dealflow.storage.tx import Tx

Object = Mapping[str, Any]

_encoder = msgspec.json.Encoder(order="sorted")


def text_of(*objects: Object) -> bytes:
    """The lines of a file as an export writes them."""
    return b"".join(_encoder.encode(each) + b"\n" for each in objects)


def checked(tx: Tx, file: Path, content: bytes) -> Checked:
    file.write_bytes(content)
    return check(file, tx.now)


def bring(tx: Tx, file: Path, content: bytes) -> Imported:
    """Import the good lines."""
    return import_history(tx, file, checked(tx, file, content))


def told(tx: Tx) -> bytes:
    """What an export of the company's history holds."""
    past = Past(tx)
    deals = list(past.deals())
    return text_of(*past.head(), *deals)


def rows(tx: Tx) -> list[tuple[str, dict[str, Any]]]:
    """Every row of the company."""
    return list(export.rows(tx))
