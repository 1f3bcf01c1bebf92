"""Builds the service: the only place that knows which adapter stands behind which port."""

from pathlib import Path

from chassis.lifecycle import Service
from chassis.mail import MailSender
from contracts import auth
from contracts.fulfilment import CommandKind
from services.auth.adapters.accounts import SqlAccounts
from services.auth.adapters.credentials import block_erased
from services.auth.adapters.gateways import SignalledRevocations
from services.auth.adapters.hashing import Argon2Hasher
from services.auth.adapters.policies import read_common_passwords, read_letters, read_tiers
from services.auth.adapters.sessions import SqlSessions
from services.auth.domain.letters import LetterTemplates
from services.auth.domain.throttle import Guesses, MailAllowance
from services.auth.endpoints import AccountEndpoints, ServiceEndpoints, VisitorEndpoints
from services.auth.inventory import INVENTORY
from services.auth.settings import POLICIES, AuthSettings
from services.auth.tables import TABLES, Base
from services.auth.usecases.attempts import Attempts
from services.auth.usecases.login import LoggingIn
from services.auth.usecases.new_passwords import NewPasswords
from services.auth.usecases.passwords import Passwords
from services.auth.usecases.registration import Registering
from services.auth.usecases.sessions import SessionControl
from services.auth.usecases.verification import PasswordVerification

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: AuthSettings) -> Service:
    """Put the service together."""
    service = Service("auth", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=MIGRATIONS)
    clock, database = service.clock, service.database
    accounts, sessions = SqlAccounts(database), SqlSessions(database)
    hasher, revocations = Argon2Hasher(), SignalledRevocations(service.bus)
    templates, mail = LetterTemplates(read_letters(POLICIES), settings.public_url), MailAllowance(settings.replicas)
    tiers, new_passwords = read_tiers(POLICIES), NewPasswords(hasher, read_common_passwords(POLICIES))

    attempts = Attempts(Guesses(settings.replicas), clock)
    verification = PasswordVerification(accounts, hasher, attempts)
    login = LoggingIn(verification, sessions, revocations, clock)
    passwords = Passwords(accounts, verification, new_passwords, attempts, templates, mail, revocations, clock)
    registering = Registering(accounts, new_passwords, templates, mail, clock, first_tier=tiers.initial)
    control = SessionControl(accounts, sessions, revocations, clock)

    answer_visitors(service, VisitorEndpoints(registering, login, passwords, tiers))
    answer_accounts(service, AccountEndpoints(accounts, login, passwords, control, tiers))
    answer_services(service, ServiceEndpoints(accounts, control, tiers))
    service.before(CommandKind.ERASE, block_erased)
    service.background("mail", mail_sender(service, settings).run)
    service.at_close(hasher.close)
    return service


def answer_visitors(service: Service, visitors: VisitorEndpoints) -> None:
    service.answer(auth.REGISTER, visitors.register)
    service.answer(auth.VERIFY_EMAIL, visitors.verify_email)
    service.answer(auth.LOGIN, visitors.log_in)
    service.answer(auth.LOGOUT, visitors.log_out)
    service.answer(auth.PROVIDERS, visitors.providers)
    service.answer(auth.FORGOT_PASSWORD, visitors.forgot_password)
    service.answer(auth.RESET_PASSWORD, visitors.reset_password)


def answer_accounts(service: Service, accounts: AccountEndpoints) -> None:
    service.answer(auth.ME, accounts.me)
    service.answer(auth.CHANGE_PASSWORD, accounts.change_password)
    service.answer(auth.REAUTHENTICATE, accounts.reauthenticate)
    service.answer(auth.SESSIONS, accounts.sessions)
    service.answer(auth.REVOKE_SESSION, accounts.revoke_session)
    service.answer(auth.REVOKE_SESSIONS, accounts.revoke_other_sessions)


def answer_services(service: Service, services: ServiceEndpoints) -> None:
    service.answer(auth.AUTHENTICATE, services.authenticate)
    service.answer(auth.ACCOUNT_LOCATORS, services.locators)
    service.answer(auth.BLOCK_ACCOUNT, services.block)


def mail_sender(service: Service, settings: AuthSettings) -> MailSender:
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
