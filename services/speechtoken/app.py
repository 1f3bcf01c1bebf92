"""Builds the service: the only place that knows which adapter stands behind which port."""

from pathlib import Path

from chassis.lifecycle import Service
from chassis.quota import DailyQuotas, read_limits
from contracts.fulfilment import CommandKind
from contracts.speech import TOKEN, VOICES
from services.speechtoken.adapters.tokens import AzureTokens
from services.speechtoken.adapters.voices import AzureVoices
from services.speechtoken.endpoints import SpeechEndpoints
from services.speechtoken.inventory import INVENTORY
from services.speechtoken.settings import POLICIES, SpeechtokenSettings
from services.speechtoken.tables import QUOTA_COUNTER, TABLES, Base
from services.speechtoken.usecases import TOOL, Issuing, VoiceList

MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: SpeechtokenSettings) -> Service:
    """Put the service together."""
    service = Service("speechtoken", settings, base=Base, tables=TABLES, inventory=INVENTORY, migrations=MIGRATIONS)
    clock, region = service.clock, settings.azure_speech_region
    key, endpoint = settings.azure_speech_key.get_secret_value(), settings.azure_speech_endpoint
    limits, initial = read_limits(POLICIES / "tiers.json")
    quota = DailyQuotas(service.database, QUOTA_COUNTER, limits, clock, family=TOOL, initial_tier=initial)
    tokens = AzureTokens(settings.azure_speech_token_url, key, clock)
    voices = AzureVoices(region, key, host=endpoint if settings.emulated else None)
    endpoints = SpeechEndpoints(Issuing(tokens, quota), VoiceList(voices, clock.now), region=region, endpoint=endpoint)

    service.at_start(tokens.open)
    service.answer(TOKEN, endpoints.issue)
    service.answer(VOICES, endpoints.voices)
    service.at_close(tokens.close)
    service.at_close(quota.close)
    service.before(CommandKind.ERASE, quota.before_erasure)
    return service
