"""The OpenAPI documents of the server as files. `python -m tests.support.openapi` writes docs/openapi/."""

from pathlib import Path
from typing import Final

from dealflow.server import reference

FOLDER: Final = Path(__file__).parents[2] / "docs" / "openapi"


def documents() -> dict[Path, bytes]:
    """What the files must hold."""
    return {FOLDER / Path(path).name: reference.document_text(path) for path in reference.DOCUMENTS}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in documents().items():
        path.write_bytes(text)
