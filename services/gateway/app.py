"""The gateway, put together."""

from pathlib import Path

from chassis.lifecycle import Service
from contracts.auth import SESSIONS_REVOKED
from contracts.consent import CHANGED
from contracts.gateway import QUOTA_KEYS
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.adapters.limits import RateLimits
from services.gateway.adapters.owner_caches import BusConsents, BusSessions
from services.gateway.adapters.repeats import Repeats
from services.gateway.adapters.visits import Visits
from services.gateway.api.admission import Admission
from services.gateway.api.application import Parts, application
from services.gateway.api.contract_routes import ContractRoutes
from services.gateway.api.leases import StreamLeases
from services.gateway.api.middleware import Middleware
from services.gateway.api.pages import Pages
from services.gateway.api.readiness import Readiness
from services.gateway.api.server import server
from services.gateway.api.vendor_calls import VendorCalls
from services.gateway.domain import Origin
from services.gateway.endpoints import Endpoints
from services.gateway.inventory import INVENTORY
from services.gateway.settings import GatewaySettings
from services.gateway.tables import TABLES, Base


def build(settings: GatewaySettings) -> Service:
    """Put the gateway together."""
    migrations = Path(__file__).parent / "migrations"
    service = Service("gateway", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=migrations)
    content_bus = service.use_content(settings.nats_content_seed.get_secret_value())
    secrets = DaySecrets(service.database, service.clock)
    sessions, consents, leases = BusSessions(service.bus), BusConsents(service.bus), StreamLeases()
    limits, visits = RateLimits(replicas=settings.replicas), Visits(service.database, service.clock, secrets)
    repeats = Repeats(service.database, service.clock, secrets)
    published = Origin.of(settings.public_url)
    admission = Admission(sessions, consents, secrets, limits, service.clock, published)
    parts = Parts(
        contracts=ContractRoutes(admission, service.bus, content_bus, repeats, leases),
        pages=Pages(settings.web_dir, settings.public_url, service.clock),
        readiness=Readiness(service.bus, service.failing),
        vendors=VendorCalls(service.bus, limits, secrets),
    )
    app = Middleware(application(parts), visits, published.scheme, settings.speech_origins)
    http = server(app, settings.trusted_proxies, leases.end_all, settings.drain_seconds)

    endpoints = Endpoints(sessions, consents, leases, secrets)
    service.hear(CHANGED, endpoints.consent_changed)
    service.hear(SESSIONS_REVOKED, endpoints.sessions_revoked)
    service.answer(QUOTA_KEYS, endpoints.quota_keys)
    service.at_start(secrets.refresh)
    service.background("visits", visits.run)
    service.background("repeated requests", repeats.run)
    service.background("http", lambda: http.live(settings.listen_host, settings.listen_port))
    service.at_drain(http.end)
    service.at_close(sessions.close)
    service.at_close(consents.close)
    service.at_close(visits.flush)
    return service
