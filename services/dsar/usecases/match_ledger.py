"""Say which commands concern identifiers that a service holds, by keyed hashes alone."""

from contracts.ledger import Match, Matches, MatchRequest
from services.dsar.domain.pseudonyms import hashes_of
from services.dsar.ports import Ledger


class MatchLedger:
    """Compares identifiers with the ledger; `key` is the ledger's."""

    def __init__(self, ledger: Ledger, key: bytes) -> None:
        self._ledger = ledger
        self._key = key

    async def match(self, request: MatchRequest) -> Matches:
        """The commands after a sequence that concern any of the identifiers, and which of them."""
        behind = {
            hashed.hash: (kind, value)
            for kind, values in request.identifiers.items()
            for value in values
            for hashed in hashes_of(self._key, kind, [value])
        }
        matches: dict[str, Match] = {}
        for found in await self._ledger.concerned(request.after, behind):
            kind, value = behind[found.hash]
            match = matches.setdefault(
                found.command_id,
                Match(
                    command_id=found.command_id,
                    sequence=found.sequence,
                    kind=found.kind,
                    requested_at=found.recorded_at,
                    identifiers={},
                ),
            )
            values = match.identifiers.setdefault(kind, [])
            if value not in values:
                values.append(value)
        return Matches(matches=list(matches.values()))
