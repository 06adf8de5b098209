"""All that is logged during a test run, as it would be written."""

import logging
from typing import Any

from dealflow.server.logs import JsonLines

LOGGERS = ("dealflow", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio")


class KeptLogs:
    """Keeps every record of any logger, whatever handlers there are, between `start` and `stop`."""

    def __init__(self) -> None:
        self._records: list[logging.LogRecord] = []
        self._make = logging.getLogRecordFactory()

    def start(self) -> None:
        logging.setLogRecordFactory(self._keep)
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.DEBUG)

    def stop(self) -> None:
        logging.setLogRecordFactory(self._make)

    def _keep(self, *args: Any, **more: Any) -> logging.LogRecord:
        record = self._make(*args, **more)
        self._records.append(record)
        return record

    @property
    def text(self) -> str:
        """One record a line; a second time with everything that the program said about it, shown or not."""
        form = JsonLines()
        return "\n".join(f"{form.format(record)} {vars(record)!r}" for record in self._records)
