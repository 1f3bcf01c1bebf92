"""What the service is told at its start."""

from pathlib import Path

from pydantic import SecretStr, ValidationInfo, field_validator

from chassis.egress import checked_address
from chassis.settings import Settings

POLICIES = Path(__file__).resolve().parents[2] / "policies"

BREVO_HOSTS = ("api.brevo.com",)


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

    @field_validator("brevo_base_url")
    @classmethod
    def at_brevo(cls, address: str, info: ValidationInfo) -> str:
        """Refuse another recipient of contacts than Brevo, or one that is not encrypted."""
        return checked_address(address, BREVO_HOSTS, emulated=info.data.get("emulated", False))
