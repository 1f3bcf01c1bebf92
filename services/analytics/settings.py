"""What the service is told at its start."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationInfo, field_validator

from chassis.egress import checked_address, is_loopback
from chassis.settings import Settings

POLICIES = Path(__file__).resolve().parents[2] / "policies"

POSTHOG_EU = ("eu.i.posthog.com", "eu.posthog.com")


class AnalyticsSettings(Settings):
    """`posthog_host` takes events; `posthog_api_host` erases persons, with the personal key."""

    posthog_host: str
    posthog_api_host: str
    posthog_project_token: SecretStr
    posthog_project_id: int
    posthog_personal_api_key: SecretStr

    @field_validator("posthog_host", "posthog_api_host")
    @classmethod
    def in_the_eu(cls, address: str, info: ValidationInfo) -> str:
        """Refuse any host but PostHog's EU cloud and ones below our own domain; its own default is in America."""
        own = urlsplit(info.data.get("public_url", "")).hostname or ""
        below_own = () if not own or is_loopback(own) else (f".{own}",)
        emulated = info.data.get("emulated", False)
        return checked_address(address, POSTHOG_EU, emulated=emulated, below_own=below_own)
