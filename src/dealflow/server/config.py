"""Settings of a serving process. Each has an environment variable, `DEALFLOW_` and its name in capitals."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


def default_database() -> str:
    """The embedded database in the user's data folder."""
    return f"sqlite:///{Path(platformdirs.user_data_dir('dealflow')) / 'dealflow.db'}"


@dataclass(frozen=True, slots=True)
class Config:
    """`threads`: worker threads a process on PostgreSQL. `plan`: whose limits to rehearse, None for none.

    `strict`: unknown query parameters are errors. `in_flight`: requests a process works on at the most.
    """

    database: str
    threads: int = 4
    plan: str | None = None
    strict: bool = False
    in_flight: int = 1_000

    @classmethod
    def from_environment(cls) -> "Config":
        return cls(
            database=os.environ.get("DEALFLOW_DATABASE") or default_database(),
            threads=int(os.environ.get("DEALFLOW_THREADS", "4")),
            plan=os.environ.get("DEALFLOW_LIMITS") or None,
            strict=os.environ.get("DEALFLOW_STRICT", "") not in ("", "0"),
            in_flight=int(os.environ.get("DEALFLOW_IN_FLIGHT", "1000")),
        )

    def to_environment(self) -> dict[str, str]:
        """The environment that makes a child process take these settings."""
        return {
            "DEALFLOW_DATABASE": self.database,
            "DEALFLOW_THREADS": str(self.threads),
            "DEALFLOW_LIMITS": self.plan or "",
            "DEALFLOW_STRICT": "1" if self.strict else "",
            "DEALFLOW_IN_FLIGHT": str(self.in_flight),
        }
