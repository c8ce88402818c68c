"""The teacher's key, `FMNIST_TEACHER_KEY`: whether there is one, and who has entered it.

Where it is set, whoever has entered it may do what concerns others. It stays in this process: it is
kept from the processes that the Lab starts, and from every file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable

VARIABLE = "FMNIST_TEACHER_KEY"
LASTS = 12 * 3600.0  # seconds that a key holds once it was entered
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0  # seconds after a wrong key; doubled by each further one
# Of all persons together, for one who is somebody else each time: a burst, then one a second.
_BURST, _PER_SECOND = 20.0, 1.0
_MOST_PERSONS = 10_000  # whose wrong keys are remembered


class WrongKey(ValueError):
    """That is not the key, or it is not tried yet; the message says which."""


def is_set() -> bool:
    """Whether a key was chosen; without one, everybody may do everything."""
    return bool(os.environ.get(VARIABLE))


def environment_without_key() -> dict[str, str]:
    """This process's variables, for one that it starts."""
    return {name: value for name, value in os.environ.items() if name != VARIABLE}


class Door:
    """Who has entered the key, and how often somebody has tried in vain; for one server.

    Whoever enters it gets a token of their own, which this process remembers for `LASTS` seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._until: dict[bytes, float] = {}  # by digest of a token
        self._tries: dict[str, tuple[int, float]] = {}  # person → wrong keys, when the next may be
        self._left, self._refilled = _BURST, now()  # tries of all persons together

    def enter(self, given: str, person: str) -> str:
        """The token of whoever gives the right key.

        Raises WrongKey. After a wrong one, the next is not even looked at for a while.
        """
        with self._lock:
            now = self._now()
            self._left = min(_BURST, self._left + (now - self._refilled) * _PER_SECOND)
            self._refilled = now
            wrong, not_before = self._tries.get(person, (0, 0.0))
            wait = max(not_before - now, (1 - self._left) / _PER_SECOND)
            if wait > 0:
                raise WrongKey(f"Too many wrong keys: try again in {max(round(wait), 1)} s.")
            expected = os.environ.get(VARIABLE, "")
            # Of the same length, whatever was typed.
            if not expected or not hmac.compare_digest(_digest(given), _digest(expected)):
                self._left -= 1
                wait = min(_FIRST_WAIT * 2**wrong, _LONGEST_WAIT)
                self._tries[person] = (min(wrong + 1, 10), now + wait)
                while len(self._tries) > _MOST_PERSONS:
                    self._tries.pop(next(iter(self._tries)))
                raise WrongKey("That is not the teacher's key.")
            self._tries.pop(person, None)
            self._until = {one: until for one, until in self._until.items() if until > now}
            token = secrets.token_urlsafe(16)
            self._until[_digest(token)] = now + LASTS
            return token

    def knows(self, token: str) -> bool:
        """Whether this token was given to somebody here, and holds."""
        until = self._until.get(_digest(token))
        return until is not None and self._now() < until

    def forget(self, token: str) -> None:
        """Let a token hold no more."""
        with self._lock:
            self._until.pop(_digest(token), None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
