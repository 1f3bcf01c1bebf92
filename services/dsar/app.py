"""Builds the service: the one place where adapters are made and joined."""

from pathlib import Path

import orjson

from chassis.lifecycle import Service, StartRefused
from chassis.mail import MailSender
from chassis.worker import Worker, until
from contracts.dsar import CASE, CASES, CERTIFICATE, CLAIM, DATA, ERASURE_COMPLETED, LOOKUP, OPEN, PACKAGE
from contracts.receipt_log import LOG_CONSISTENCY, LOG_HEAD, LOG_INCLUSION, LOG_KEYS
from kernel.erasure_receipt import coverages
from services.dsar.adapters.documents import Documents
from services.dsar.adapters.erasures import SqlErasures
from services.dsar.adapters.letters import LetterTemplates
from services.dsar.adapters.published_log import SqlReceiptLog
from services.dsar.adapters.receipts import SqlReceipts
from services.dsar.adapters.requests import ERASING, GATHERING, SqlRequests
from services.dsar.adapters.services import BusAccounts, BusHolders
from services.dsar.adapters.translations import TranslationFiles
from services.dsar.domain.log_keys import KeysContradict, KeysOfSettings
from services.dsar.endpoints.background import ErasureWork, PackageWork
from services.dsar.endpoints.data_subject import DataSubjectEndpoints
from services.dsar.endpoints.holders import HolderEndpoints, OwnTurn
from services.dsar.endpoints.receipt_log import ReceiptLogEndpoints
from services.dsar.endpoints.work_list import WorkList
from services.dsar.inventory import INVENTORY
from services.dsar.settings import INVENTORIES, POLICIES, DsarSettings
from services.dsar.tables import TABLES, Base
from services.dsar.usecases.certify import IssueCertificate, Signing
from services.dsar.usecases.conduct_erasure import ConductErasure
from services.dsar.usecases.gather import Gather
from services.dsar.usecases.keep_log import KeepLog
from services.dsar.usecases.look_up import LookUp
from services.dsar.usecases.open_request import Keys, OpenRequest
from services.dsar.usecases.receive_receipt import ReceiveReceipt
from services.dsar.usecases.see_case import SeeCase


def build(settings: DsarSettings) -> Service:
    """The service, ready to run."""
    migrations = Path(__file__).parent / "migrations"
    service = Service("dsar", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=migrations)
    keys = Keys(
        ledger=bytes.fromhex(settings.ledger_key.get_secret_value()),
        case=bytes.fromhex(settings.case_key.get_secret_value()),
    )
    clock, templates = service.clock, LetterTemplates(POLICIES, settings.public_url)
    coverage = coverages(orjson.loads(INVENTORIES.read_bytes())["inventories"])
    requests = SqlRequests(service.database, templates, clock, coverage)
    erasures = SqlErasures(service.database, templates, clock)
    accounts = BusAccounts(service.bus)
    gathering = Gather(accounts, BusHolders(service.bus))
    signing = Signing(
        log_seed=settings.log_seed.get_secret_value(), case_key=keys.case, receipt_keys=settings.receipt_keys
    )
    _answer_people(
        service,
        DataSubjectEndpoints(
            opening=OpenRequest(requests, accounts, clock, keys),
            seeing=SeeCase(requests, clock, keys.case),
            gathering=gathering,
            certifying=IssueCertificate(erasures, clock, signing),
            looking_up=LookUp(requests, clock, keys.ledger),
            requests=requests,
            documents=Documents(TranslationFiles(POLICIES), settings.public_url),
            clock=clock,
        ),
    )
    own_turn = OwnTurn(erasures)
    service.claim = own_turn.claim
    receiving = ReceiveReceipt(SqlReceipts(service.database, clock), settings.receipt_keys, coverage)
    _answer_holders(service, HolderEndpoints(erasures, receiving))
    conducting = ConductErasure(erasures, accounts, own_turn, clock, keys.case)
    carrying_on = WorkList("erasures", erasures, ErasureWork(erasures, conducting).attempt, clock)
    service.database.on_commit(ERASING, carrying_on.wake)
    service.background("erasures", carrying_on.run)
    packing = PackageWork(requests, gathering, accounts, keys.case)
    packages = WorkList("packages", requests, packing.attempt, clock)
    service.database.on_commit(GATHERING, packages.wake)
    service.background("packages", packages.run)
    service.background("mail", _mail_sender(service, settings).run)
    _keep_log(service, settings, SqlReceiptLog(service.database))
    return service


def _answer_people(service: Service, endpoints: DataSubjectEndpoints) -> None:
    service.answer(OPEN, endpoints.open)
    service.answer(CASES, endpoints.cases)
    service.answer(CASE, endpoints.case)
    service.answer(LOOKUP, endpoints.lookup)
    service.stream(DATA, endpoints.data)
    service.stream(PACKAGE, endpoints.package)
    service.stream(CERTIFICATE, endpoints.certificate)


def _answer_holders(service: Service, endpoints: HolderEndpoints) -> None:
    service.answer(CLAIM, endpoints.claim)
    service.consume(ERASURE_COMPLETED, "dsar", endpoints.receipt)


def _keep_log(service: Service, settings: DsarSettings, log: SqlReceiptLog) -> None:
    replaced = settings.replaced_log_seed
    keys = KeysOfSettings(
        log_seed=settings.log_seed.get_secret_value(),
        replaced_log_seed=replaced.get_secret_value() if replaced else None,
        receipt_keys=settings.receipt_keys,
    )
    keeping = KeepLog(log, service.clock, keys)

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
    )
