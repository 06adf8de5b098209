"""The daily backup of the embedded database, taken by the server itself.

Off with the setting `backups = false`; `backups_kept` and `backup_folder` say how many are kept, and where.
"""

import logging
import os
import threading
import time
from pathlib import Path
from typing import Final

from dealflow.core.errors import Conflict, DealflowError
from dealflow.core.time import DAY, Instant, moment
from dealflow.server.calls import Clock, system_clock
from dealflow.server.config import BadSetting
from dealflow.storage.database import database as database_at

log = logging.getLogger("dealflow")

KEPT: Final = 7
STALE_S: Final = 6 * 3600
WAKE_S: Final = 600
SETTLE_S: Final = 5


class Backups:
    """A thread that makes one verified copy per day (UTC) and removes those beyond the newest `kept`.

    Does nothing for PostgreSQL, whose own tools do it better. Serving processes of one database share the work: who
    comes first makes the day's copy.
    """

    def __init__(
        self,
        url: str,
        *,
        folder: Path | None = None,
        kept: int = KEPT,
        clock: Clock = system_clock,
        enabled: bool = True,
    ) -> None:
        self._url = url
        self._kept = kept
        self._clock = clock
        self._folder = folder
        self._enabled = enabled and url.startswith("sqlite:")
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def from_environment(cls, url: str, clock: Clock = system_clock) -> "Backups":
        """As the settings say. Raises BadSetting."""
        kept = os.environ.get("DEALFLOW_BACKUPS_KEPT") or str(KEPT)
        if not kept.isdecimal() or int(kept) < 1:
            raise BadSetting(f"DEALFLOW_BACKUPS_KEPT must be a whole number of at least 1, not {kept!r}")
        folder = os.environ.get("DEALFLOW_BACKUP_FOLDER")
        return cls(
            url,
            folder=Path(folder).expanduser() if folder else None,
            kept=int(kept),
            clock=clock,
            enabled=os.environ.get("DEALFLOW_BACKUPS", "1") not in ("0", "no", "off", "false"),
        )

    def start(self) -> None:
        """Begin; the first copy is made soon if today has none yet."""
        if self._enabled:
            self._thread = threading.Thread(target=self._run, name="backups", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Make no more; a copy under way is finished first."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = SETTLE_S
        while not self._stopped.wait(pause):
            pause = WAKE_S
            try:
                self.make_due()
            except (DealflowError, OSError) as error:
                log.error("the daily backup failed: %s", error)  # noqa: TRY400  the reason is in the message
            except Exception:
                log.exception("the daily backup failed")

    def make_due(self) -> Path | None:
        """Make today's copy unless it is there; the file made. Raises DealflowError, OSError."""
        from dealflow.storage.backup import back_up  # noqa: PLC0415  only servers on SQLite need it
        from dealflow.storage.sqlite import SqliteDatabase  # noqa: PLC0415

        database = database_at(self._url)
        if not isinstance(database, SqliteDatabase):
            return None
        folder = self._folder or database.path.parent / "backups"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / f"{database.path.stem}-{_day(self._clock())}.db"
        if target.exists() or not self._take_turn(target):
            return None
        try:
            counts = back_up(database, target)
        except Conflict:
            return None
        finally:
            _turn(target).unlink(missing_ok=True)
        for old in sorted(folder.glob(f"{database.path.stem}-????-??-??.db"))[: -self._kept]:
            old.unlink(missing_ok=True)
        log.info("backed up %s events to %s", counts["event"], target)
        return target

    def _take_turn(self, target: Path) -> bool:
        """Whether this process makes the copy; one that died over it is overruled after some hours."""
        turn = _turn(target)
        try:
            if time.time() - turn.stat().st_mtime > STALE_S:
                turn.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        try:
            turn.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            return False
        return True


def _turn(target: Path) -> Path:
    return target.with_name(target.name + ".turn")


def _day(at: Instant) -> str:
    return moment(Instant(at - at % DAY)).date().isoformat()
