"""Slowing down guesses and mails: per account or address, without ever locking anyone out."""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

KEYS_MAX = 50_000


@dataclass(slots=True)
class _Tally:
    count: int
    last_at: datetime


class Tallies:
    """Counts by person, in memory only, under a key that dies with the process; the least recent go first."""

    def __init__(self, forgotten_after: timedelta) -> None:
        self._key = secrets.token_bytes(32)
        self._forgotten_after = forgotten_after
        self._tallies: OrderedDict[bytes, _Tally] = OrderedDict()

    def of(self, person: str, now: datetime) -> tuple[int, datetime]:
        """How often a person was counted, and when last; 0 and now, if that was too long ago."""
        tally = self._tallies.get(self._pseudonym(person))
        if tally is None or now - tally.last_at > self._forgotten_after:
            return 0, now
        return tally.count, tally.last_at

    def add(self, person: str, now: datetime) -> None:
        """Count a person once more; beyond `KEYS_MAX` persons the one that was counted longest ago is forgotten."""
        count, _ = self.of(person, now)
        pseudonym = self._pseudonym(person)
        self._tallies[pseudonym] = _Tally(count + 1, now)
        self._tallies.move_to_end(pseudonym)
        if len(self._tallies) > KEYS_MAX:
            self._tallies.popitem(last=False)

    def take_back(self, person: str) -> None:
        """Count a person once less; nothing, if there is nothing to take back."""
        tally = self._tallies.get(self._pseudonym(person))
        if tally is not None and tally.count > 0:
            tally.count -= 1

    def forget(self, person: str) -> None:
        """Forget a person's count."""
        self._tallies.pop(self._pseudonym(person), None)

    def _pseudonym(self, person: str) -> bytes:
        return hashlib.blake2b(person.encode(), key=self._key, digest_size=16).digest()


class Guesses:
    """Wrong passwords in a row. After some, each further attempt must wait a little longer than the one before.

    An attempt that is refused neither counts nor prolongs the wait, so nobody can keep the owner out for good; and
    an address without an account is treated alike, so the wait tells nothing. Each of `replicas` processes counts
    for itself and gives its share of the free attempts, and waits that are as many times as long.
    """

    FREE = 10
    WAIT_FIRST = timedelta(seconds=1)
    WAIT_MAX = timedelta(seconds=30)
    FORGOTTEN_AFTER = timedelta(minutes=15)

    def __init__(self, replicas: int = 1) -> None:
        self._failures = Tallies(self.FORGOTTEN_AFTER)
        self._replicas = replicas
        self._free = max(1, self.FREE // replicas)

    def wait_seconds(self, person: str, now: datetime) -> int:
        """How many seconds the next attempt has to wait; 0 means: go on."""
        count, last_at = self._failures.of(person, now)
        if count < self._free:
            return 0
        wait = min(self.WAIT_FIRST * (1 << min(count - self._free, 10)), self.WAIT_MAX) * self._replicas
        left = (last_at + wait - now).total_seconds()
        return max(0, -int(-left // 1))

    def at_once(self, person: str, now: datetime) -> int:
        """How many attempts may be at work at the same time: if all of them fail, no more are wrong than may be."""
        count, _ = self._failures.of(person, now)
        return max(1, self._free - count)

    def failed(self, person: str, now: datetime) -> None:
        """Count a wrong password."""
        self._failures.add(person, now)

    def succeeded(self, person: str) -> None:
        """Forget the wrong passwords: the right one was given."""
        self._failures.forget(person)


class MailAllowance:
    """How many letters an address may be sent at somebody's request, so that nobody is flooded through us.

    Each of `replicas` processes counts for itself and gives its share; where that is less than one letter, the window
    is longer instead.
    """

    LETTERS_MAX = 5
    WINDOW = timedelta(hours=1)

    def __init__(self, replicas: int = 1) -> None:
        self._letters_max = max(1, self.LETTERS_MAX // replicas)
        self._letters = Tallies(self.WINDOW * max(1.0, replicas / self.LETTERS_MAX))

    def take(self, address: str, now: datetime) -> bool:
        """Whether one more may go out; counts it if so. A window without letters makes room again."""
        count, _ = self._letters.of(address, now)
        if count >= self._letters_max:
            return False
        self._letters.add(address, now)
        return True

    def give_back(self, address: str) -> None:
        """The letter that was counted is not written after all."""
        self._letters.take_back(address)
