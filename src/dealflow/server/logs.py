"""Logs: one JSON object a line on standard error, with time, level, event and what belongs to it. Never a token."""

import json
import logging
import sys
import traceback
from typing import Any

FIELDS = ("request_id", "method", "path", "status", "database", "pid", "url")


class JsonLines(logging.Formatter):
    """Formats records; of the extras only known ones are shown."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        for name in FIELDS:
            if hasattr(record, name):
                line[name] = getattr(record, name)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str = "INFO") -> None:
    """Send the logs of this program and of uvicorn to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("dealflow", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level if name == "dealflow" else logging.WARNING)
        logger.propagate = False
