"""Builds the service: the one place where adapters are made and joined."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import orjson

from chassis.clock import Clock
from chassis.lifecycle import Service
from chassis.mail import MailSender
from chassis.process import StartRefused
from chassis.worker import OneByOne, Worker, until
from contracts.dsar import CASE, CASES, CERTIFICATE, DATA, LOOKUP, OPEN, PACKAGE
from contracts.errors import Refusal
from contracts.fulfilment import HOLDER_READY, TOLD, CommandKind
from contracts.ledger import MATCH_LEDGER, READ_LEDGER
from contracts.receipt_log import LOG_CONSISTENCY, LOG_HEAD, LOG_INCLUSION, LOG_KEYS
from kernel.receipt import coverages
from services.dsar.adapters.commands import SqlCommands, letter_gone
from services.dsar.adapters.deliveries import CONDUCTING, DELIVERING, SqlDeliveries
from services.dsar.adapters.documents import Documents
from services.dsar.adapters.ledger import SqlLedger
from services.dsar.adapters.ledger_stream import BusLedgerStream
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.adapters.published_log import SqlReceiptLog
from services.dsar.adapters.requests import GATHERING, SqlRequests
from services.dsar.adapters.services import BusAccounts, BusHolders
from services.dsar.adapters.translations import TranslationFiles
from services.dsar.domain.log_keys import KeysContradict, KeysOfSettings
from services.dsar.endpoints.background import PackageWork
from services.dsar.endpoints.commands import Conducting, Telling
from services.dsar.endpoints.data_subject import DataSubjectEndpoints
from services.dsar.endpoints.ledger import LedgerEndpoints, OwnLedger, Reconciling
from services.dsar.endpoints.receipt_log import ReceiptLogEndpoints
from services.dsar.inventory import INVENTORY
from services.dsar.settings import INVENTORIES, POLICIES, DsarSettings
from services.dsar.tables import TABLES, Base
from services.dsar.usecases.certify import IssueCertificate, Signing
from services.dsar.usecases.check_answers import CheckAnswers
from services.dsar.usecases.conduct_commands import ConductCommands
from services.dsar.usecases.deliver_commands import DeliverCommands
from services.dsar.usecases.gather import Gather
from services.dsar.usecases.keep_log import KeepLog
from services.dsar.usecases.look_up import LookUp
from services.dsar.usecases.match_ledger import MatchLedger
from services.dsar.usecases.open_request import Keys, OpenRequest
from services.dsar.usecases.see_case import SeeCase

PACKAGES_AT_ONCE = 4


def build(settings: DsarSettings) -> Service:
    """The service, ready to run."""
    migrations = Path(__file__).parent / "migrations"
    service = Service("dsar", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=migrations)
    keys = Keys(
        ledger=bytes.fromhex(settings.ledger_key.get_secret_value()),
        case=bytes.fromhex(settings.case_key.get_secret_value()),
    )
    clock, templates = service.clock, LetterTemplates(POLICIES, settings.public_url)
    inventories = orjson.loads(INVENTORIES.read_bytes())["inventories"]
    current = {kind: coverages(inventories, kind) for kind in CommandKind}
    requests = SqlRequests(service.database, templates, clock, current)
    commands = SqlCommands(service.database, templates, clock)
    accounts, holders = BusAccounts(service.bus), BusHolders(service.bus, service.fulfil)
    gathering = Gather(accounts, holders)
    log = SqlReceiptLog(service.database)
    keeping = _keeping(settings, log, clock)
    signing = Signing(log_seed=settings.log_seed.get_secret_value(), case_key=keys.case)
    backups_kept = timedelta(days=settings.backup_days) if settings.backup_days else None
    _answer_people(
        service,
        DataSubjectEndpoints(
            opening=OpenRequest(requests, accounts, clock, keys),
            seeing=SeeCase(requests, clock, keys.case),
            gathering=gathering,
            certifying=IssueCertificate(commands, log, clock, signing, backups_kept),
            looking_up=LookUp(requests, clock, keys.ledger),
            requests=requests,
            documents=Documents(TranslationFiles(POLICIES), settings.public_url),
            clock=clock,
        ),
    )
    deliveries = SqlDeliveries(service.database, clock)
    checking = CheckAnswers(keeping.receipt_keys_of, current)
    conducting = ConductCommands(
        commands=commands,
        deliveries=deliveries,
        accounts=accounts,
        fulfilment=holders,
        checking=checking,
        clock=clock,
        case_key=keys.case,
    )
    step = Conducting(conducting, commands, clock).step
    service.background("commands", Worker(CONDUCTING, step, database=service.database).run)
    _tell_services(service, deliveries, holders, checking)
    _keep_ledger(service, SqlLedger(service.database), keys.ledger)
    _gather_packages(service, PackageWork(requests, gathering, accounts, keys.case))
    service.background("mail", _mail_sender(service, settings).run)
    _keep_log(service, keeping, log)
    return service


def _tell_services(service: Service, deliveries: SqlDeliveries, holders: BusHolders, checking: CheckAnswers) -> None:
    """One worker per service, so that none waits for another."""
    workers = []
    for name in TOLD:
        delivering = DeliverCommands(name, deliveries, holders, checking, service.clock)
        telling = Telling(name, delivering, deliveries, service.clock)
        worker = Worker(f"telling {name}", telling.step, database=service.database)
        workers.append(worker)
        service.background(f"telling {name}", worker.run)
        service.hear(HOLDER_READY[name], telling.ready)
    service.database.on_commit(DELIVERING, lambda: _wake(workers))


def _keep_ledger(service: Service, ledger: SqlLedger, key: bytes) -> None:
    """Services ask before they serve, and dsar itself before all."""
    matching = MatchLedger(ledger, key)
    endpoints = LedgerEndpoints(ledger, matching)
    service.answer(READ_LEDGER, endpoints.read)
    service.answer(MATCH_LEDGER, endpoints.match)
    reconciling = Reconciling(ledger, BusLedgerStream(service.bus))
    service.replay_own(OwnLedger(ledger, matching), reconciling.run)


def _gather_packages(service: Service, packing: PackageWork) -> None:
    """Several at once: a service that is slow to answer for one person keeps the others waiting less."""
    workers = []
    for number in range(1, PACKAGES_AT_ONCE + 1):
        step = OneByOne("packages", packing, service.clock, refusals=(Refusal,)).step
        workers.append(Worker(f"packages {number}", step, database=service.database))
        service.background(f"packages {number}", workers[-1].run)
    service.database.on_commit(GATHERING, lambda: _wake(workers))


def _wake(workers: Sequence[Worker]) -> None:
    for worker in workers:
        worker.wake()


def _answer_people(service: Service, endpoints: DataSubjectEndpoints) -> None:
    service.answer(OPEN, endpoints.open)
    service.answer(CASES, endpoints.cases)
    service.answer(CASE, endpoints.case)
    service.answer(LOOKUP, endpoints.lookup)
    service.stream(DATA, endpoints.data)
    service.stream(PACKAGE, endpoints.package)
    service.stream(CERTIFICATE, endpoints.certificate)


def _keeping(settings: DsarSettings, log: SqlReceiptLog, clock: Clock) -> KeepLog:
    replaced = settings.replaced_log_seed
    keys = KeysOfSettings(
        log_seed=settings.log_seed.get_secret_value(),
        replaced_log_seed=replaced.get_secret_value() if replaced else None,
        receipt_keys=settings.receipt_keys,
    )
    return KeepLog(log, clock, keys)


def _keep_log(service: Service, keeping: KeepLog, log: SqlReceiptLog) -> None:
    async def begin() -> None:
        try:
            await keeping.keep()
        except KeysContradict as contradiction:
            raise StartRefused(str(contradiction)) from contradiction

    service.at_start(begin)
    service.background("receipt log", Worker("receipt log", until(service.clock, keeping.keep)).run)
    endpoints = ReceiptLogEndpoints(log)
    service.answer(LOG_HEAD, endpoints.head)
    service.answer(LOG_CONSISTENCY, endpoints.consistency)
    service.answer(LOG_INCLUSION, endpoints.inclusion)
    service.answer(LOG_KEYS, endpoints.keys)


def _mail_sender(service: Service, settings: DsarSettings) -> MailSender:
    password = settings.smtp_password
    return MailSender(
        service.database,
        service.tables,
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_sender,
        settings.smtp_username,
        password.get_secret_value() if password else None,
        service.clock,
        when_gone=letter_gone,
    )
