"""Start by address only: everybody is written to alike, at most once a day, and the answer never tells."""

from services.dsar.domain.case import Letter, LetterKind
from services.dsar.domain.pseudonyms import pseudonym
from services.dsar.ports import Clock, Requests


class LookUp:
    """Sends a letter that leads to the privacy centre, whether or not anything is held."""

    def __init__(self, requests: Requests, clock: Clock, ledger_key: bytes) -> None:
        self._requests = requests
        self._clock = clock
        self._ledger_key = ledger_key

    async def look_up(self, address: str, language: str) -> None:
        """Write to the address, unless it was written to today."""
        day = self._clock.now().date().isoformat()
        address_hash = pseudonym(self._ledger_key, f"lookup {day}", address.lower())
        await self._requests.note_lookup(
            address_hash, Letter(kind=LetterKind.LOOKUP, address=address, language=language)
        )
