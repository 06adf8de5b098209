"""A throw-away PostgreSQL for one test run, with nothing but the installed programs."""

import atexit
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

OLDEST: Final = 15
DEBIAN: Final = Path("/usr/lib/postgresql")
PATIENCE_S: Final = 60.0


class PostgresError(RuntimeError):
    """PostgreSQL is not installed, or did not do what was asked; the message ends with the server's log."""


class Cluster:
    """One cluster in a temporary folder, reached by a socket in that folder; `with` starts and removes it.

    When root runs the tests, the server runs as `postgres` or `nobody`, since it refuses to be root.
    `durable=False` switches fsync off: quicker, and a killed server's data may be lost.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self._programs = find_programs()
        self._durable = durable
        self._folder: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def folder(self) -> Path:
        """Holds data, socket and log. Raises PostgresError before the first start and after the removal."""
        if self._folder is None:
            raise PostgresError("the cluster was not started")
        return self._folder

    def url(self, database: str) -> str:
        """Where a database is, for psycopg and SQLAlchemy alike; it need not exist."""
        return f"postgresql://postgres@/{quote(database, safe='')}?host={quote(str(self.folder), safe='/')}"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its address. Raises psycopg.errors.DuplicateDatabase."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def start(self) -> None:
        """Return when the server answers. After `stop` or `kill` it is the same data again."""
        if self._server is not None:
            return
        if self._folder is None:
            self._create()
        server_settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "timezone": "UTC",
        }
        if not self._durable:
            server_settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data")]
        for name, value in server_settings.items():
            command += ["-c", f"{name}={value}"]
        user, group, groups = _identity()
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=user,
                group=group,
                extra_groups=groups,
                start_new_session=True,  # Ctrl-C is for the tests; they stop the server themselves
            )
        self._wait_for_answer(self._server)

    def stop(self) -> None:
        """Disconnect everyone, roll back what is open, write everything, end. The data stay."""
        self._end(signal.SIGINT)

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start; `immediate` ends without a checkpoint, and the start recovers from the log."""
        self._end(signal.SIGQUIT if immediate else signal.SIGINT)
        self.start()

    def kill(self) -> None:
        """End the server and all its processes as a power cut would; `start` recovers."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGSTOP)  # so that no process is born while they are counted
        children = _children(self._server.pid)
        for pid in (self._server.pid, *children):
            os.kill(pid, signal.SIGKILL)
        self._server.wait()
        self._server = None
        deadline = time.monotonic() + PATIENCE_S
        while any(_is_running(pid) for pid in children):
            if time.monotonic() > deadline:
                raise PostgresError(f"killed processes are still there: {children}")
            time.sleep(0.01)

    def remove(self) -> None:
        """End the server and delete its folder; the next start makes a new, empty cluster."""
        atexit.unregister(self.remove)
        if self._folder is None:
            return
        try:
            self._end(signal.SIGQUIT)
        finally:
            shutil.rmtree(self._folder)
            self._folder = None

    def _create(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dealflow-pg-"))
        atexit.register(self.remove)
        user, group, groups = _identity()
        if user is not None and group is not None:
            os.chown(self._folder, user, group)
        done = subprocess.run(
            [
                self._programs / "initdb",
                f"--pgdata={self._folder / 'data'}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ],
            cwd=self._folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=user,
            group=group,
            extra_groups=groups,
            check=False,
        )
        if done.returncode != 0:
            self.remove()
            raise PostgresError(f"initdb failed:\n{done.stderr}")

    def _wait_for_answer(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError as error:
                if server.poll() is not None:
                    self._server = None
                    raise PostgresError(f"the server did not start:\n{self._log_tail()}") from error
                if time.monotonic() > deadline:
                    self.kill()
                    raise PostgresError(f"the server did not answer:\n{self._log_tail()}") from error
                time.sleep(0.02)
            else:
                return

    def _end(self, how: signal.Signals) -> None:
        if self._server is None:
            return
        self._server.send_signal(how)
        try:
            self._server.wait(PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise PostgresError(f"the server did not stop and was killed:\n{self._log_tail()}") from error
        self._server = None

    def _log_tail(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]


def find_programs() -> Path:
    """The folder of initdb and postgres: of PATH first, else Debian's newest.

    Raises PostgresError when there is none or it is older than PostgreSQL 15.
    """
    candidates = sorted(DEBIAN.glob("*/bin"), key=_release, reverse=True)
    if in_path := shutil.which("initdb"):
        candidates.insert(0, Path(in_path).resolve().parent)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            break
    else:
        raise PostgresError(
            "PostgreSQL's server programs (initdb, postgres) are neither in PATH nor in /usr/lib/postgresql/*/bin; "
            "Debian: apt-get install --no-install-recommends postgresql"
        )
    version = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    major = re.search(r"\d+", version)
    if major is None or int(major[0]) < OLDEST:
        raise PostgresError(f"PostgreSQL {OLDEST} or newer is needed; {folder} has {version.strip()}")
    return folder


def _release(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0


def _identity() -> tuple[int | None, int | None, list[int] | None]:
    """User, group and further groups of the server's processes; None leaves them as they are."""
    if os.geteuid() != 0:
        return None, None, None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid, []
    raise PostgresError("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")


def _environment() -> dict[str, str]:
    """Nothing of the developer's own PG* variables and locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _children(parent: int) -> list[int]:
    processes = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [pid for pid in processes if _stat(pid)[1] == parent]


def _is_running(pid: int) -> bool:
    return _stat(pid)[0] not in {"", "Z", "X"}


def _stat(pid: int) -> tuple[str, int]:
    """State letter and parent of a process; an empty letter when it is gone."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    return after_name[0], int(after_name[1])
