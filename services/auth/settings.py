"""What the service is told at its start."""

from pathlib import Path

from pydantic import SecretStr

from chassis.settings import Settings

POLICIES = Path(__file__).resolve().parents[2] / "policies"


class AuthSettings(Settings):
    """Mail goes by SMTP; with credentials, over TLS."""

    smtp_host: str
    smtp_port: int
    smtp_sender: str
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
