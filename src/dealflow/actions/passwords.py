"""Passwords: kept as argon2id, checked with the same effort whether or not somebody has the address."""

import math
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from dealflow.core.errors import DealflowError, Invalid
from dealflow.core.text import search_key
from dealflow.storage import passwords, users
from dealflow.storage.passwords import Login
from dealflow.storage.tx import Tx

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB: Final = 65_536
ROUNDS: Final = 3
LANES: Final = 1
SHORTEST: Final = 8
LONGEST: Final = 1_000
LONGEST_ADDRESS: Final = 320
TRIES: Final = 5
WINDOW_S: Final = 60.0
# Nobody's password: what is checked where there is nothing to check.
NOBODYS: Final = "$argon2id$v=19$m=65536,t=3,p=1$jelv73xX8dmyIEuPTpCyXA$OYCnuLOqlTWt0UJE/nALUjyhKijH2lSEG2q51mTXsVw"


class TooManyTries(DealflowError):
    """An account or an address has tried too often; it may try again later."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too many tries to sign in")
        self.retry_after_s = retry_after_s


class Tries:
    """Counts the tries of each key in this process: at most five in a minute; those that succeed do not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: dict[str, list[float]] = {}
        self._cleared = clock()

    def take(self, keys: Iterable[str]) -> None:
        """Count one try. Raises TooManyTries."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            recent = {key: [at for at in self._times.get(key, ()) if at > now - WINDOW_S] for key in keys}
            full = [times[-TRIES] for times in recent.values() if len(times) >= TRIES]
            if full:
                raise TooManyTries(max(1, math.ceil(max(full) + WINDOW_S - now)))
            for key, times in recent.items():
                self._times[key] = [*times, now]

    def give_back(self, keys: Iterable[str]) -> None:
        """The last try succeeded."""
        with self._lock:
            for key in keys:
                if self._times.get(key):
                    self._times[key].pop()

    def _forget(self, now: float) -> None:
        """Keep nothing of those who stopped trying."""
        if now - self._cleared > WINDOW_S:
            self._cleared = now
            self._times = {key: times for key, times in self._times.items() if times and times[-1] > now - WINDOW_S}


tries: Final = Tries()


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415  a tenth of a second that only those who sign in need

    return PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES)


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")


def hashed(password: str) -> str:
    """What is kept of a password; takes a while. Raises Invalid."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("password", f"must have {SHORTEST} to {LONGEST} characters")
    return _hasher().hash(_bytes(password))


def is_right(kept: str, password: str) -> bool:
    """Whether this is the password; takes a while."""
    from argon2.exceptions import VerifyMismatchError  # noqa: PLC0415  as above

    try:
        return _hasher().verify(kept, _bytes(password[:LONGEST]))
    except VerifyMismatchError:
        return False


def set_password(tx: Tx, user_id: int, kept: str) -> None:
    """Let a user sign in with the password that `hashed` made this of. Raises NotFound, Invalid."""
    user = users.users.get(tx, user_id, lock=True)
    if len(user.email_key) > LONGEST_ADDRESS:
        raise Invalid("email", f"is too long to sign in with (at most {LONGEST_ADDRESS} characters)")
    passwords.keep(tx, user_id, user.email_key, kept)


def forget_password(tx: Tx, user_id: int) -> None:
    """Let a user sign in with tokens only. Raises NotFound."""
    user = users.users.get(tx, user_id, lock=True)
    passwords.forget(tx, user_id, user.email_key)


def owners(tx: Tx, email: str, password: str, address: str) -> list[Login]:
    """The active users, at most one a company, with this e-mail address and password; takes a while, writes nothing.

    `tx` is of no company. `address` is where the try comes from. Raises TooManyTries.
    """
    key = search_key(email.strip())[:LONGEST_ADDRESS]
    counted = (f"account {key}", f"address {address}")
    tries.take(counted)
    kept = [(login, _kept(tx, login)) for login in passwords.logins(tx.db, key)]
    right = [login for login, its_hash in kept if its_hash is not None and is_right(its_hash, password)]
    if not any(its_hash for _, its_hash in kept):
        is_right(NOBODYS, password)
    if right:
        tries.give_back(counted)
    return right


def _kept(tx: Tx, login: Login) -> str | None:
    return passwords.password_hash(Tx(tx.db, login.company_id, login.user_id, tx.now, tx.surface), login.user_id)
