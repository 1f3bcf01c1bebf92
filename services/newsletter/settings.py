"""What the service is told at its start."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from chassis.settings import Settings, SettingsRefused

POLICIES = Path(__file__).resolve().parents[2] / "policies"

BREVO_HOST = "api.brevo.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class NewsletterSettings(Settings):
    """`suppression_key`: 32 bytes in hex; it names those who left without storing their address, so it never changes.

    Mail goes by SMTP; with credentials, over TLS.
    """

    brevo_base_url: str
    brevo_api_key: SecretStr
    brevo_list_id: int
    brevo_webhook_token: SecretStr
    suppression_key: SecretStr
    smtp_host: str
    smtp_port: int
    smtp_sender: str
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")


def refuse_foreign_recipient(base_url: str, *, emulated: bool) -> None:
    """Raise unless contacts go to Brevo.

    Raises:
        SettingsRefused: they would go elsewhere, or unencrypted.
    """
    if not is_brevo(base_url, emulated=emulated):
        raise SettingsRefused(f"LARABOT_BREVO_BASE_URL: contacts go to https://{BREVO_HOST} only")


def is_brevo(base_url: str, *, emulated: bool) -> bool:
    """Whether an address is Brevo's, over TLS, or that of an emulator on this machine."""
    address = urlsplit(base_url)
    if address.hostname in LOOPBACK:
        return emulated
    return address.scheme == "https" and address.hostname == BREVO_HOST
