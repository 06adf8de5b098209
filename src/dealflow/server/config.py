"""Settings. Each has an environment variable, `DEALFLOW_` and its name in capitals, and a line in `dealflow.toml`.

The file is read once, into the environment, where the variable is not set: so a flag goes before the environment,
the environment before the file, the file before the default, and child processes see the same.
"""

import os
import tomllib
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from dealflow.core.errors import DealflowError

SETTINGS: Final = (
    "database",
    "host",
    "port",
    "workers",
    "threads",
    "limits",
    "sell_rate",
    "strict",
    "in_flight",
    "statistics_mb",
    "backups",
    "backups_kept",
    "backup_folder",
)
FILE_NAME: Final = "dealflow.toml"


class BadSetting(DealflowError):
    """A setting that cannot be meant; the text names it."""


def data_folder() -> Path:
    """Where the user's databases are kept unless a setting says otherwise."""
    return Path(platformdirs.user_data_dir("dealflow"))


def default_database() -> str:
    """The embedded database in the user's data folder."""
    return f"sqlite:///{data_folder() / 'dealflow.db'}"


def settings_file(environment: MutableMapping[str, str]) -> Path | None:
    """The file that `DEALFLOW_CONFIG` names, else that of the working folder, else that of the user; None without.

    Raises BadSetting if the named one is missing.
    """
    named = environment.get("DEALFLOW_CONFIG")
    if named:
        if not Path(named).is_file():
            raise BadSetting(f"DEALFLOW_CONFIG names {named}, which is not a file")
        return Path(named)
    places = (Path(FILE_NAME), Path(platformdirs.user_config_dir("dealflow")) / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def load_settings_file(environment: MutableMapping[str, str]) -> Path | None:
    """Put the settings of the file into the environment where it has none. Raises BadSetting.

    A variable that is set to nothing counts as not set.
    """
    for name in [name for name, value in environment.items() if name.startswith("DEALFLOW_") and not value]:
        del environment[name]
    path = settings_file(environment)
    if path is None:
        return None
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path}: {error}") from error
    for name, value in settings.items():
        if name not in SETTINGS:
            raise BadSetting(f"{path}: unknown setting {name!r} (known are {', '.join(SETTINGS)})")
        if not isinstance(value, str | int):
            raise BadSetting(f"{path}: {name} must be a text, a whole number, true or false")
        text = ("1" if value else "0") if isinstance(value, bool) else str(value)
        environment.setdefault(f"DEALFLOW_{name.upper()}", text)
    return path


def _whole_number(name: str, default: int, *, least: int = 1) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise BadSetting(f"{name} must be a whole number of at least {least}, not {text!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Config:
    """`threads`: worker threads a process on PostgreSQL. `plan`: whose limits to rehearse, None for none. `sell_rate`:
    calls a second that each token of Sell has, 0 for any number.

    `strict`: unknown query parameters are errors. `in_flight`: requests a process works on at the most.
    `statistics_mb`: megabytes that a process keeps of deals and their moves, for the statistics of everyone.
    """

    database: str
    threads: int = 4
    plan: str | None = None
    sell_rate: int = 0
    strict: bool = False
    in_flight: int = 1_000
    statistics_mb: int = 1_024

    @classmethod
    def from_environment(cls) -> "Config":
        """Raises BadSetting."""
        return cls(
            database=os.environ.get("DEALFLOW_DATABASE") or default_database(),
            threads=_whole_number("DEALFLOW_THREADS", 4),
            plan=os.environ.get("DEALFLOW_LIMITS") or None,
            sell_rate=_whole_number("DEALFLOW_SELL_RATE", 0, least=0),
            strict=os.environ.get("DEALFLOW_STRICT", "") not in ("", "0"),
            in_flight=_whole_number("DEALFLOW_IN_FLIGHT", 1_000),
            statistics_mb=_whole_number("DEALFLOW_STATISTICS_MB", 1_024, least=0),
        )

    def to_environment(self) -> dict[str, str]:
        """The environment that makes a child process take these settings."""
        return {
            "DEALFLOW_DATABASE": self.database,
            "DEALFLOW_THREADS": str(self.threads),
            "DEALFLOW_LIMITS": self.plan or "",
            "DEALFLOW_SELL_RATE": str(self.sell_rate),
            "DEALFLOW_STRICT": "1" if self.strict else "",
            "DEALFLOW_IN_FLIGHT": str(self.in_flight),
            "DEALFLOW_STATISTICS_MB": str(self.statistics_mb),
        }
