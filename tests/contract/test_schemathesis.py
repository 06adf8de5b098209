"""The server against its own OpenAPI documents: Schemathesis asks what they allow and what they do not.

schemathesis.toml says how, and which of its checks are off for whom and why. Each run has a company of its own. The
documents take turns on the databases; a nightly run asks all of them on all, many more examples, and others each time.
A failure shows how to ask again.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby, product
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from _pytest.mark import ParameterSet

from dealflow.openapi import resource
from dealflow.server import reference
from tests.support.lengths import NIGHTLY, length
from tests.support.world import World

SETTINGS: Final = Path(__file__).with_name("schemathesis.toml")
HOME: Final = Path(__file__).parents[2]
EXAMPLES: Final = length(50, nightly=1_000)
LONGEST_S: Final = length(300, nightly=7_200)
SEED: Final = [] if NIGHTLY else ["--seed", "20261122"]
OPERATIONS: Final = 14
DATABASES: Final = [("postgres", [pytest.mark.postgres]), ("sqlite", [])]


class Part(NamedTuple):
    """Some resources of a document, which one run is about."""

    path: str
    resources: tuple[str, ...]

    def __str__(self) -> str:
        return f"{Path(self.path).stem} {' '.join(self.resources)}"


def parts(path: str) -> Iterator[Part]:
    """All resources of a document, neighbours together, in parts of about as many operations each."""
    operations = [resource(route) for route in reference.DOCUMENTS[path].table]
    count = len(operations) // OPERATIONS
    for _, resources in groupby(
        dict.fromkeys(operations), lambda each: operations.index(each) * count // len(operations)
    ):
        yield Part(path, tuple(resources))


def cases() -> Iterator[ParameterSet]:
    """Each part, and the database it is asked on."""
    for turn, path in enumerate(reference.DOCUMENTS):
        databases = DATABASES if NIGHTLY else [DATABASES[turn % len(DATABASES)]]
        for part, (name, marks) in product(parts(path), databases):
            yield pytest.param(part, name, marks=marks, id=f"{part} {name}")


@pytest.mark.timeout(LONGEST_S + 10)
@pytest.mark.parametrize(("part", "database"), list(cases()), indirect=["database"])
def test_the_server_does_what_its_document_says(part: Part, world: World, tmp_path: Path) -> None:
    admin = world.server.admin
    assert admin.get("/v1/users/me").status == 200
    mine = world.server.company.admin
    is_sell = reference.DOCUMENTS[part.path].table.dialect.surface == "sell"
    token = mine.sell_token if is_sell else mine.pipedrive_token
    found = failures(part, world.server.url, token, tmp_path)
    assert not found, found
    assert admin.get("/v1/users/me").status == 200


def failures(part: Part, server: str, token: str, folder: Path) -> str:
    """What Schemathesis found wrong; nothing if it found nothing."""
    prefix = reference.DOCUMENTS[part.path].table.dialect.prefixes[-1]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", SETTINGS, "run", server + part.path),
            *("--max-examples", str(EXAMPLES), *SEED, "--no-color"),
            *(word for each in part.resources for word in ("--include-tag", each)),
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(HOME),
            "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_checks",
            "SERVER_URL": server + prefix,
            "TOKEN": token,
        },
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode == 0:
        return ""
    found = re.search(r"=+ (?:FAILURES|ERRORS) =+.*", done.stdout, re.DOTALL)
    return found[0] if found else done.stdout + done.stderr
