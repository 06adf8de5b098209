"""The program `dealflow`, run as people run it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest

from dealflow.cli import run as run_here
from tests.support import commands
from tests.support.databases import Homes

PATIENCE_S: Final = 60
ADMIN: Final = ("--admin-name", "Ann", "--admin-email", "ann@example.com")
NEW_COMPANY: Final = ("company", "add", "Acme", "--currency", "EUR", "--timezone", "Europe/Tallinn", *ADMIN)
fresh = count(1)


class Program:
    """Runs commands in a folder of their own, on one database unless told otherwise."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DEALFLOW_")},
            "DEALFLOW_DATABASE": database,
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return commands.run([*map(str, arguments)], self.folder, {**self.environment, **environment})

    def do(self, *arguments: object) -> str:
        """Run a command that must work; what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def do_here(self, *arguments: object) -> str:
        """The same in this process, which takes less time."""
        said = StringIO()
        with patch.dict(os.environ, self.environment), chdir(self.folder), redirect_stdout(said):
            assert run_here([str(each) for each in arguments]) == 0
        return said.getvalue()

    def json(self, *arguments: object) -> Any:
        return json.loads(self.do(*arguments, "--json"))

    def error(self, *arguments: object, code: int = 1, **environment: str) -> str:
        """Run a command, in this process, that must fail with one line on standard error; that line."""
        said = StringIO()
        with patch.dict(os.environ, {**self.environment, **environment}), chdir(self.folder), redirect_stderr(said):
            assert run_here([str(each) for each in arguments]) == code
        line = said.getvalue()
        assert line.startswith("dealflow: ")
        assert line.count("\n") == 1
        assert "defect" not in line
        return line.removeprefix("dealflow: ").strip()

    @contextmanager
    def serving(self, *arguments: object) -> Iterator[Mapping[str, Any]]:
        """A serving command on a free port; the content of its ready file. Ends by SIGTERM, with exit code 0."""
        ready = self.folder / f"ready-{next(fresh)}.json"
        command = [sys.executable, "-m", "dealflow", *map(str, arguments), "--port", "0", "--ready-file", str(ready)]
        with (self.folder / "output.txt").open("w") as output:
            server = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not ready.exists():
                assert server.poll() is None, self.output()
                assert time.monotonic() < deadline, "the server did not get ready"
                time.sleep(0.02)
            yield json.loads(ready.read_text())
        finally:
            server.send_signal(signal.SIGTERM)
            code = server.wait(PATIENCE_S)
        assert code == 0, self.output()

    def output(self) -> str:
        """What the last serving command printed."""
        return (self.folder / "output.txt").read_text()


@pytest.fixture
def dealflow(tmp_path: Path) -> Program:
    """On a SQLite file that is not there yet."""
    return Program(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def dealflow_on_each(request: pytest.FixtureRequest, tmp_path: Path, homes: Homes) -> Program:
    """On each kind of database in turn, empty."""
    if request.param == "sqlite":
        return Program(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")
    return Program(tmp_path, homes.cluster.create_database(f"command_{next(fresh)}"))


@pytest.fixture(scope="session")
def acme_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with one company, for copying."""
    folder = tmp_path_factory.mktemp("acme")
    Program(folder, f"sqlite:///{folder / 'test.db'}").do(*NEW_COMPANY)
    return folder / "test.db"


@pytest.fixture
def acme(dealflow: Program, acme_file: Path) -> Program:
    """On a SQLite file with one company."""
    shutil.copy(acme_file, dealflow.folder / "test.db")
    return dealflow


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with a small demo company, for copying."""
    folder = tmp_path_factory.mktemp("demo")
    program = Program(folder, f"sqlite:///{folder / 'test.db'}")
    with program.serving("demo", "--database", program.database, "--deals", 40):
        pass
    return folder / "test.db"


@pytest.fixture
def filled(dealflow: Program, demo_file: Path) -> Program:
    """On a SQLite file with a small demo company."""
    shutil.copy(demo_file, dealflow.folder / "test.db")
    return dealflow
