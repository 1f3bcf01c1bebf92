"""What the service is told at its start."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from chassis.settings import Settings, SettingsRefused

POLICIES = Path(__file__).resolve().parents[2] / "policies"

POSTHOG_EU = frozenset({"eu.i.posthog.com", "eu.posthog.com"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class AnalyticsSettings(Settings):
    """`posthog_host` takes events; `posthog_api_host` erases persons, with the personal key."""

    posthog_host: str
    posthog_api_host: str
    posthog_project_token: SecretStr
    posthog_project_id: int
    posthog_personal_api_key: SecretStr


def refuse_outside_eu(setting: str, address: str, public_url: str, *, emulated: bool) -> None:
    """Raise unless statistics stay in the EU; PostHog's own default is in America.

    Raises:
        SettingsRefused: naming the setting.
    """
    if not is_in_eu(address, public_url, emulated=emulated):
        raise SettingsRefused(f"LARABOT_{setting.upper()}: statistics go to PostHog in the EU only")


def is_in_eu(address: str, public_url: str, *, emulated: bool) -> bool:
    """Whether an address is PostHog's EU cloud or below our own domain, over TLS; or an emulator on this machine."""
    parts = urlsplit(address)
    host, own = parts.hostname or "", urlsplit(public_url).hostname or ""
    if host in LOOPBACK:
        return emulated
    below_own = own not in LOOPBACK and host.endswith(f".{own}")
    return parts.scheme == "https" and (below_own or host in POSTHOG_EU)
