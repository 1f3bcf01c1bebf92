"""What every holder of personal data answers: health, export page by page, and the erasure protocol's parts."""

import json
from pathlib import Path
from typing import Any

from contracts.messages import Empty, Reply, Request
from contracts.personal_data import Locator
from contracts.table import AnyCall, Call

SERVICES = ("gateway", "auth", "textproxy", "speechtoken", "consent", "newsletter", "analytics", "dsar")

# What the services' inventories declare, as `make contracts` writes it: holders and locators stand nowhere else.
_DECLARED = json.loads((Path(__file__).parent / "schemas" / "holders.json").read_bytes())["inventories"]
_PARTS = [(service, part) for service in SERVICES if service in _DECLARED for part in _DECLARED[service]["holders"]]

# Every holder whose receipt an erasure must collect, in the order in which they are shown; dsar is wiped last.
OWN_HOLDERS = SERVICES
RECIPIENT_HOLDERS: dict[str, str] = {part["holder"]: service for service, part in _PARTS if part["recipient"]}
HOLDERS = (*OWN_HOLDERS, *RECIPIENT_HOLDERS)

# The kinds of identifier that a holder is told by claim check: those by which its inventory finds a person's rows.
LOCATORS_BY_HOLDER: dict[str, frozenset[Locator]] = {
    part["holder"]: frozenset(Locator(kind) for kind in part["locators"]) for _, part in _PARTS
}

# The services with sealed columns: those that have subject keys.
SEALING_SERVICES = tuple(
    service for service, part in _PARTS if any(store["store"] == "subject_key" for store in part["stores"])
)


def service_of(holder: str) -> str:
    """The service that answers for a holder."""
    return RECIPIENT_HOLDERS.get(holder, holder)


class Health(Reply):
    """Whether a service can do its work; `failing` names what cannot (bus, database, …)."""

    ready: bool
    failing: list[str] = []


class Locators(Reply):
    """A person's identifiers by kind."""

    values: dict[Locator, list[str]]


class ExportRequest(Request):
    """Ask a holder for a person's rows, from a cursor on; the first page has none."""

    locators: dict[Locator, list[str]]
    cursor: str | None = None


class ExportedStore(Reply):
    """Rows of one store, with what Art. 15(1) wants told about them."""

    store: str
    categories: list[str]
    purpose: str
    legal_basis: str
    retention: str
    source: str
    recipients: list[str]
    rows: list[dict[str, Any]]


class ExportPage(Reply):
    """At most `EXPORT_ROWS_MAX` rows; `cursor` is given as long as there is more."""

    stores: list[ExportedStore]
    cursor: str | None = None


EXPORT_ROWS_MAX = 100


def health_of(service: str) -> Call[Empty, Health]:
    """The contract by which the gateway asks a service for its health."""
    return Call(
        owner=service,
        name="health",
        request=Empty,
        reply=Health,
        callers=("gateway",),
        personal_data=False,
        deadline_seconds=2.0,  # longer than a service waits for its database, so that it can still name it
    )


def export_of(service: str) -> Call[ExportRequest, ExportPage]:
    """The contract by which dsar reads what a service holds about a person."""
    return Call(owner=service, name="export", request=ExportRequest, reply=ExportPage, callers=("dsar",))


HEALTH = {service: health_of(service) for service in SERVICES}
EXPORT = {service: export_of(service) for service in SERVICES}
CONTRACTS: tuple[AnyCall, ...] = (*HEALTH.values(), *EXPORT.values())
