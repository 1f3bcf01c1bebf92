"""Builds the service: the only place that knows which adapter stands behind which port."""

from pathlib import Path

from chassis.lifecycle import Service
from chassis.mail import MailSender
from chassis.worker import OneByOne, Worker, regularly, until
from contracts import newsletter
from contracts.consent import NEWSLETTER_CHOSEN
from contracts.fulfilment import CommandKind
from services.newsletter.adapters.brevo import BrevoContacts
from services.newsletter.adapters.clients import BusAccounts, BusChoices
from services.newsletter.adapters.holder import BrevoHolder
from services.newsletter.adapters.policies import read_brevo_attributes, read_letters, read_notice_version
from services.newsletter.adapters.subscriptions import SqlSubscriptions
from services.newsletter.adapters.tasks import BREVO, COMPARISON, SqlTasks
from services.newsletter.domain.letters import LetterTemplates
from services.newsletter.domain.secrets import Pseudonyms
from services.newsletter.domain.tasks import CHANGES, COMPARISONS, RECONCILE_EVERY
from services.newsletter.endpoints import Endpoints
from services.newsletter.inventory import INVENTORY
from services.newsletter.ports import RecipientRefused, RecipientUnavailable
from services.newsletter.settings import POLICIES, NewsletterSettings
from services.newsletter.tables import TABLES, Base
from services.newsletter.usecases.ending import Leaving
from services.newsletter.usecases.following import Following
from services.newsletter.usecases.keeping_in_step import KeepingInStep
from services.newsletter.usecases.subscribing import Subscribing

MIGRATIONS = Path(__file__).parent / "migrations"
HOURLY = RECONCILE_EVERY.total_seconds()


def build(settings: NewsletterSettings) -> Service:
    """Put the service together."""
    service = Service("newsletter", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=MIGRATIONS)
    clock, database = service.clock, service.database
    pseudonyms = Pseudonyms(bytes.fromhex(settings.suppression_key.get_secret_value()))
    subscriptions, tasks = SqlSubscriptions(database, pseudonyms), SqlTasks(database)
    templates = LetterTemplates(read_letters(POLICIES), settings.public_url)
    contacts = BrevoContacts(
        settings.brevo_base_url,
        settings.brevo_api_key.get_secret_value(),
        settings.brevo_list_id,
        read_brevo_attributes(POLICIES),
    )

    notice_version = read_notice_version(POLICIES)
    subscribing = Subscribing(subscriptions, templates, pseudonyms, clock, notice_version=notice_version)
    leaving = Leaving(subscriptions, clock)
    choices, accounts = BusChoices(service.bus), BusAccounts(service.bus)
    following = Following(choices, accounts, subscribing, subscriptions, clock)
    changes = KeepingInStep(CHANGES, tasks, subscriptions, contacts, clock)
    comparisons = KeepingInStep(COMPARISONS, tasks, subscriptions, contacts, clock)

    endpoints = Endpoints(subscribing, leaving, following, settings.brevo_webhook_token.get_secret_value())
    service.answer(newsletter.SUBSCRIBE, endpoints.subscribe)
    service.answer(newsletter.CONFIRM, endpoints.confirm)
    service.answer(newsletter.UNSUBSCRIBE, endpoints.unsubscribe)
    service.answer(newsletter.UNSUBSCRIBE_ADDRESS, endpoints.unsubscribe_address)
    service.answer(newsletter.BREVO_CALLBACK, endpoints.brevo_callback)
    service.consume(NEWSLETTER_CHOSEN, "newsletter", endpoints.chosen)
    service.before(CommandKind.OBJECT, subscriptions.before_objection)
    brevo = BrevoHolder(database, contacts, subscriptions)
    service.external(brevo, refusals=(RecipientRefused,), outages=(RecipientUnavailable,))
    for name, owed in ((BREVO, changes), (COMPARISON, comparisons)):
        step = OneByOne(name, owed, clock, refusals=(RecipientRefused,), outages=(RecipientUnavailable,)).step
        service.background(name, Worker(name, step, database=database).run)
    service.background("hourly comparison", lambda: regularly("comparison", HOURLY, comparisons.compare_regularly))
    service.background("lapses", Worker("lapses", until(clock, leaving.lapse), database=database).run)
    service.background("mail", mail_sender(service, settings).run)
    service.at_close(contacts.close)
    return service


def mail_sender(service: Service, settings: NewsletterSettings) -> MailSender:
    return MailSender(
        service.database,
        TABLES,
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_sender,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
        service.clock,
    )
