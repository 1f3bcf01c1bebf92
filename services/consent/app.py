"""Builds the service: the only place that knows which adapter stands behind which port."""

from pathlib import Path

from chassis.lifecycle import Service
from contracts import consent
from contracts.consent import PolicyText, PolicyTextRequest, PolicyVersion
from contracts.envelope import Caller
from contracts.fulfilment import CommandKind
from contracts.messages import Empty
from contracts.newsletter import READER_LEFT
from services.consent.adapters.announcer import SignalledChanges
from services.consent.adapters.consents import SqlConsents
from services.consent.adapters.evidence import EvidenceBook
from services.consent.adapters.maintenance import Maintenance
from services.consent.adapters.policies import PolicyFiles
from services.consent.endpoints import ConsentEndpoints
from services.consent.inventory import INVENTORY
from services.consent.settings import HOLDERS, POLICIES, ConsentSettings
from services.consent.tables import TABLES, Base
from services.consent.usecases.choosing import Choosing

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: ConsentSettings) -> Service:
    """Put the service together."""
    service = Service("consent", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=MIGRATIONS)
    policy = PolicyFiles(POLICIES, HOLDERS)
    evidence = EvidenceBook(bytes.fromhex(settings.evidence_key.get_secret_value()))
    choosing = Choosing(SqlConsents(service.database, evidence), policy, SignalledChanges(service.bus), service.clock)
    maintenance = Maintenance(service.database, service.clock, evidence)
    endpoints = ConsentEndpoints(choosing, policy)

    service.answer(consent.GET, endpoints.get)
    service.answer(consent.SET, endpoints.set)
    service.answer(consent.WITHDRAW_ALL, endpoints.withdraw_all)
    service.answer(consent.RECEIPTS, endpoints.receipts)
    service.answer(consent.GRANTED, endpoints.granted)
    service.answer(consent.NEWSLETTER_CHOICE, endpoints.newsletter_choice)
    service.consume(READER_LEFT, "consent", endpoints.left_newsletter)
    answer_policy(service, policy)
    service.before(CommandKind.ERASE, maintenance.leave_evidence)
    service.at_start(maintenance.check_chain)
    service.background("maintenance", maintenance.run)
    return service


def answer_policy(service: Service, policy: PolicyFiles) -> None:
    """The policy is read from files at the start, so there is nothing between bus and file."""

    async def in_force(request: Empty, caller: Caller) -> PolicyVersion:  # noqa: ARG001 — a handler's shape
        return policy.in_force()

    async def text(request: PolicyTextRequest, caller: Caller) -> PolicyText:  # noqa: ARG001 — a handler's shape
        return policy.text(request.version, request.lang)

    service.answer(consent.POLICY, in_force)
    service.answer(consent.POLICY_TEXT, text)
