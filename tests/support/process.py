"""The server as a process of its own, so that it can be stopped, killed and starved."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

PROGRAM: Final = (sys.executable, "-m", "dealflow")
FORKING: Final = (sys.executable, "-m", "tests.support.forking")
PATIENCE_S: Final = 30.0


class Running(Protocol):
    """What `subprocess.Popen` and `_Forked` have in common."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class ServerProcess:
    """`dealflow serve` on a database; `with` starts it and ends it.

    Started again it takes another port. `program` is what to run instead of `dealflow`; `start_s` is how long the
    last start took. With `quick`, starts after the first take a fraction of a second, since nothing is imported.
    """

    def __init__(
        self,
        database: str,
        folder: Path,
        *,
        name: str = "server",
        program: Sequence[str] = PROGRAM,
        environment: Mapping[str, str] | None = None,
        quick: bool = False,
    ) -> None:
        self._ready = folder / f"{name}.json"
        self._log = folder / f"{name}.log"
        self._program = program
        self._arguments = ["serve", "--port", "0", "--database", database, "--ready-file", str(self._ready)]
        self._environment = {**os.environ, **(environment or {})}
        self._process: Running | None = None
        self._parent: subprocess.Popen[str] | None = self._start_parent() if quick else None
        self.url = ""
        self.start_s = 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was not started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Return when requests are accepted."""
        self._ready.unlink(missing_ok=True)
        began = time.monotonic()
        self._process = self._start() if self._parent is None else _Forked(self._parent, self._arguments)
        while not self._ready.exists():
            if not self.is_running or time.monotonic() - began > PATIENCE_S:
                self.kill()
                raise RuntimeError(f"the server did not start:\n{self.log()[-4000:]}")
            time.sleep(0.002)
        self.start_s = time.monotonic() - began
        self.url = json.loads(self._ready.read_text())["url"]

    def _start(self) -> Running:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*self._program, *self._arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _start_parent(self) -> subprocess.Popen[str]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                FORKING, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.is_running:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def stop(self) -> None:
        """Ask it to end; `wait` tells how it did."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """The exit code, when it has ended."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def close(self) -> None:
        """Kill it and let go of everything."""
        self.kill()
        if self._parent is not None:
            self._parent.communicate()
            self._parent = None

    def cpu_s(self) -> float:
        """Processor time used since its start."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def log(self) -> str:
        """What it wrote to standard output and standard error, all starts together."""
        return self._log.read_text(errors="replace")


class _Forked:
    """A process that `tests.support.forking` started; that one waits for it."""

    def __init__(self, parent: subprocess.Popen[str], arguments: Sequence[str]) -> None:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(json.dumps(arguments) + "\n")
        parent.stdin.flush()
        self._parent = parent
        self._code: int | None = None
        self.pid = int(parent.stdout.readline())

    def poll(self) -> int | None:
        if self._code is None and not Path(f"/proc/{self.pid}").exists():
            self.wait()
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        assert self._parent.stdout is not None
        if self._code is None:
            self._code = int(self._parent.stdout.readline())
        return self._code
