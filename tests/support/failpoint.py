"""`dealflow`, except that it ends abruptly after a commit, before anyone is told, while FAILPOINT names a file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dealflow.cli import main
from dealflow.storage.postgres import PostgresConnection
from dealflow.storage.sqlite import SqliteConnection

FAILPOINT = Path(os.environ["FAILPOINT"])


def end_after_commit(connection: type[Any]) -> None:
    commit: Callable[[Any], None] = connection.commit

    def commit_and_end(self: Any) -> None:
        commit(self)
        if FAILPOINT.exists():
            os._exit(9)

    connection.commit = commit_and_end


if __name__ == "__main__":
    end_after_commit(SqliteConnection)
    end_after_commit(PostgresConnection)
    main()
