"""Builds the service: the only place that knows which adapter stands behind which port."""

from pathlib import Path

from chassis.lifecycle import Service
from chassis.quota import DailyQuotas, read_limits
from chassis.telemetry import Log
from contracts.fulfilment import CommandKind
from contracts.text import GENERATE, TOOLS
from services.textproxy.adapters.azure import AzureLanguageModel
from services.textproxy.adapters.patience import Patience
from services.textproxy.adapters.sdk import Deployment
from services.textproxy.adapters.tools import read_tools
from services.textproxy.adapters.usage import SignalledUsage
from services.textproxy.endpoints import TextEndpoints
from services.textproxy.inventory import INVENTORY
from services.textproxy.settings import POLICIES, TextproxySettings
from services.textproxy.tables import QUOTA_COUNTER, TABLES, Base
from services.textproxy.usecases import Generation

MIGRATIONS = Path(__file__).parent / "migrations"
FAMILY = "text"

log = Log("textproxy")


def build(settings: TextproxySettings) -> Service:
    """Put the service together."""
    service = Service("textproxy", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=MIGRATIONS)
    service.use_content(settings.nats_content_seed.get_secret_value())
    limits, initial = read_limits(POLICIES / "tiers.json")
    quota = DailyQuotas(service.database, QUOTA_COUNTER, limits, service.clock, family=FAMILY, initial_tier=initial)
    model = AzureLanguageModel(deployment_of(settings), Patience(first_token_seconds=settings.text_first_token_seconds))
    usage = SignalledUsage(service.bus)
    tools = read_tools(POLICIES / "tools")
    endpoints = TextEndpoints(tools.values(), Generation(tools, model, quota, usage))

    service.at_start(model.open)
    service.answer(TOOLS, endpoints.tools)
    service.stream(GENERATE, endpoints.generate)
    service.at_start(lambda: tell_where(settings))
    service.at_close(model.close)
    service.at_close(usage.close)
    service.at_close(quota.close)
    service.before(CommandKind.ERASE, quota.before_erasure)
    return service


def deployment_of(settings: TextproxySettings) -> Deployment:
    return Deployment(
        settings.azure_openai_endpoint,
        settings.azure_openai_deployment,
        settings.azure_openai_api_version,
        settings.azure_openai_api_key.get_secret_value(),
    )


async def tell_where(settings: TextproxySettings) -> None:
    """Leave a line at every start that says where text is processed."""
    region, kind = settings.azure_openai_region, settings.azure_openai_deployment_type
    log.info("model deployment", vendor="azure-openai", region=region, kind=kind)
