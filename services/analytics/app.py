"""Builds the service: the only place that knows which adapter stands behind which port."""

from pathlib import Path

from chassis.lifecycle import Service
from chassis.worker import OneByOne, Worker, regularly, until
from contracts.analytics import EVENTS
from contracts.consent import CHANGED
from contracts.errors import Refusal
from contracts.fulfilment import CommandKind
from contracts.text import USAGE_COUNTED
from services.analytics.adapters.capture import PostHogCapture
from services.analytics.adapters.commands import VisitorCommands
from services.analytics.adapters.consents import BusConsents
from services.analytics.adapters.counts import SqlUsageCounts
from services.analytics.adapters.holder import PostHogHolder
from services.analytics.adapters.identities import POSTHOG, SqlDeletions, SqlIdentities
from services.analytics.adapters.persons import PostHogPersons
from services.analytics.adapters.policies import read_allow_list
from services.analytics.endpoints import Endpoints
from services.analytics.inventory import INVENTORY
from services.analytics.ports import RecipientRefused, RecipientUnavailable
from services.analytics.settings import POLICIES, AnalyticsSettings
from services.analytics.tables import TABLES, Base
from services.analytics.usecases.checking import Checking
from services.analytics.usecases.counting import Counting
from services.analytics.usecases.deleting import Deleting
from services.analytics.usecases.reporting import Reporting

MIGRATIONS = Path(__file__).parent / "migrations"
CHECK_FIRST_SECONDS, CHECK_SECONDS = 3.0, 600.0


def build(settings: AnalyticsSettings) -> Service:
    """Put the service together."""
    service = Service("analytics", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=MIGRATIONS)
    clock, database = service.clock, service.database
    allowed = read_allow_list(POLICIES)
    statistics = PostHogCapture(
        settings.posthog_host, settings.posthog_project_token.get_secret_value(), allowed.properties
    )
    persons = PostHogPersons(
        settings.posthog_api_host, settings.posthog_project_id, settings.posthog_personal_api_key.get_secret_value()
    )

    identities = SqlIdentities(database)
    reporting = Reporting(allowed, identities, statistics, clock)
    checking = Checking(identities, BusConsents(service.bus), reporting)
    deleting = Deleting(SqlDeletions(database), persons, clock)
    counting = Counting(SqlUsageCounts(database), clock)

    endpoints = Endpoints(reporting, counting)
    service.answer(EVENTS, endpoints.capture)
    service.hear(CHANGED, endpoints.consent_changed)
    service.hear(USAGE_COUNTED, endpoints.usage_counted)
    commands = VisitorCommands(reporting.stop)
    for kind in (CommandKind.ERASE, CommandKind.OBJECT):
        service.before(kind, commands.before_ending)
    service.before(CommandKind.RESTRICT, commands.before_restriction)
    posthog = PostHogHolder(database, persons, clock)
    service.external(posthog, refusals=(RecipientRefused,), outages=(RecipientUnavailable,))
    deletions = OneByOne(POSTHOG, deleting, clock, refusals=(RecipientRefused,), outages=(RecipientUnavailable,))
    service.background("capture", statistics.run)
    service.background("deletions", Worker(POSTHOG, deletions.step, database=database).run)
    service.background("counts", Worker("counts", until(clock, counting.write_finished)).run)
    service.background("renewals", Worker("renewals", until(clock, reporting.renew), database=database).run)
    service.background("consents", lambda: check_consents(checking))
    service.at_close(statistics.close)
    service.at_close(persons.close)
    return service


async def check_consents(checking: Checking) -> None:
    """Soon after the start, since that is when a withdrawal may have been missed, and now and then."""
    failures = (Refusal,)
    await regularly(
        "consents", CHECK_SECONDS, checking.check, first_after_seconds=CHECK_FIRST_SECONDS, failures=failures
    )
