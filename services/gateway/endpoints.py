"""What the gateway hears and answers on the bus: ended sessions, changed consents; and pseudonyms."""

from contracts.auth import SessionsRevoked
from contracts.consent import ConsentChanged
from contracts.envelope import Caller
from contracts.gateway import QuotaKeys, QuotaKeysRequest
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.adapters.owner_caches import BusConsents, BusSessions
from services.gateway.api.leases import StreamLeases


class Endpoints:
    """Keeps what the gateway believes of sessions and consents in step with their owners."""

    def __init__(self, sessions: BusSessions, consents: BusConsents, leases: StreamLeases, secrets: DaySecrets) -> None:
        self._sessions = sessions
        self._consents = consents
        self._leases = leases
        self._secrets = secrets

    async def consent_changed(self, message: ConsentChanged) -> None:
        """Somebody's consent changed: ask again, and end the streams that rest on what was withdrawn."""
        self._consents.changed(message)
        self._leases.consent_changed(message)

    async def sessions_revoked(self, message: SessionsRevoked) -> None:
        """Sessions were revoked: honour them no longer, and end their streams."""
        self._sessions.revoked(message)
        self._leases.sessions_revoked(message)

    async def quota_keys(self, request: QuotaKeysRequest, caller: Caller) -> QuotaKeys:  # noqa: ARG002
        """The pseudonyms under which counters of an account may still exist."""
        return QuotaKeys(keys=self._secrets.of_account_on_all_days(request.account_id))
