"""What the service is told at its start."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from chassis.settings import Settings, SettingsRefused

POLICIES = Path(__file__).resolve().parents[2] / "policies"

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class AnalyticsSettings(Settings):
    """`posthog_host` takes events; `posthog_api_host` erases persons, with the personal key."""

    posthog_host: str
    posthog_api_host: str
    posthog_project_token: SecretStr
    posthog_project_id: int
    posthog_personal_api_key: SecretStr


def refuse_outside_eu(setting: str, address: str, public_url: str, *, emulated: bool) -> None:
    """Statistics go to PostHog's EU cloud or to a host of our own, over TLS; else to an emulator on this machine.

    Raises:
        SettingsRefused: anything else, PostHog's American default included.
    """
    parts = urlsplit(address)
    host, own = parts.hostname or "", urlsplit(public_url).hostname or ""
    if parts.scheme == "https" and (is_posthog_eu(host) or (own not in LOOPBACK and host.endswith(f".{own}"))):
        return
    if emulated and host in LOOPBACK:
        return
    raise SettingsRefused(f"LARABOT_{setting.upper()}: statistics go to PostHog in the EU only")


def is_posthog_eu(host: str) -> bool:
    """Whether a host belongs to PostHog's EU cloud."""
    return (host.startswith("eu.") and host.endswith(".posthog.com")) or host == "eu.posthog.com"
