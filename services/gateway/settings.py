"""What the gateway is told."""

import ipaddress
from pathlib import Path

from pydantic import SecretStr, field_validator
from pydantic_core import PydanticCustomError

from chassis.settings import Settings


class GatewaySettings(Settings):
    """What a gateway has beside the settings of every service.

    `speech_origins`: where the page may connect for speech, separated by spaces (Content-Security-Policy).
    `trusted_proxies`: addresses, separated by commas, whose X-Forwarded-For is believed.
    """

    nats_content_seed: SecretStr
    listen_host: str = "localhost"
    listen_port: int
    web_dir: Path
    speech_origins: str = ""
    trusted_proxies: str = ""

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: str) -> str:
        for number, entry in enumerate(proxies.split(",") if proxies else (), 1):
            try:
                ipaddress.ip_network(entry.strip())
            except ValueError:  # which quotes it
                raise PydanticCustomError(f"network_{number}", "neither an address nor a network") from None
        return proxies
