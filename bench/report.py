"""The machine, the versions, and the results as Markdown."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.figure import Found, shown, table
from dealflow.storage.sqlite import SqliteDatabase

PACKAGES: Final = ("dealflow", "uvicorn", "uvloop", "httptools", "msgspec", "sqlalchemy")
RESTING_LOAD: Final = 0.5
NOT_AT_REST: Final = (
    "**Other programs were busy on this machine when the run began.** The figures, those called reached too, say "
    "little; the rounds in the raw numbers show how far they spread. Repeat the run on a machine at rest."
)
INTRODUCTION: Final = (
    "Each figure is a ratio taken in one run on one machine, one worker, SQLite on disk, a company of 10,000 open "
    "deals unless said; servers, baselines and `wrk` share the machine."
)


def _from(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "unknown"


def _wrk() -> str:
    told = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False)
    return told.stdout.partition(" [")[0].removeprefix("wrk ")


def _sqlite() -> list[str]:
    """The library and the package that brings it."""
    with TemporaryDirectory() as folder:
        db = SqliteDatabase(f"sqlite:///{folder}/version.db").connect(write=True)
        ((library,),) = db.raw.execute("SELECT sqlite_version()").fetchall()
        package = type(db.raw).__module__.partition(".")[0]
        db.close()
    return [f"SQLite {library}", f"{package} {version(package)}"]


def machine(load_before: float) -> str:
    """What it was measured on."""
    memory_gb = int(_from("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    versions = [f"{name} {version(name)}" for name in PACKAGES]
    rows = [
        ["processor", _from("/proc/cpuinfo", "model name")],
        ["cores", str(os.cpu_count())],
        ["memory", f"{memory_gb:.1f} GB"],
        ["system", f"{platform.system()} {platform.release()}"],
        ["versions", ", ".join([f"Python {platform.python_version()}", *_sqlite(), *versions])],
        ["wrk", _wrk()],
        ["date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"],
        ["load before the run", f"{load_before:.2f} (1 minute; what others do on the machine disturbs the figures)"],
    ]
    return table(["", ""], rows)


def figures(found: Sequence[Found]) -> str:
    """The figures against their goals."""
    rows = [
        [each.what, shown(each.measured, each.unit), f"{each.sense} {shown(each.goal, each.unit)}", each.verdict]
        for part in found
        for each in part.figures
    ]
    return table(["figure", "measured", "goal", ""], rows)


def raw(found: Found) -> str:
    """What lies behind the figures of one measurement."""
    return "\n\n".join([f"### {found.title}", found.baseline, *found.raw])


def whole(found: Sequence[Found], load_before: float) -> str:
    """`RESULTS.md`."""
    parts = [
        "# Results of `make bench`",
        INTRODUCTION,
        machine(load_before),
        *([NOT_AT_REST] if load_before > RESTING_LOAD else []),
        "## Figures",
        figures(found),
        "## Raw numbers and baselines",
        *map(raw, found),
    ]
    return "\n\n".join(parts) + "\n"
