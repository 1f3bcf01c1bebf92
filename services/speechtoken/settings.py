"""What the service is told at its start; a resource outside the EU is refused."""

from pathlib import Path

from pydantic import SecretStr, ValidationInfo, field_validator

from chassis.egress import EuRegion, checked_address
from chassis.settings import Settings

POLICIES = Path(__file__).resolve().parents[2] / "policies"


class SpeechtokenSettings(Settings):
    """The browser connects to `azure_speech_endpoint`; tokens are fetched from `azure_speech_token_url`."""

    azure_speech_region: EuRegion
    azure_speech_key: SecretStr
    azure_speech_token_url: str
    azure_speech_endpoint: str

    @field_validator("azure_speech_token_url", "azure_speech_endpoint")
    @classmethod
    def of_the_processor(cls, address: str, info: ValidationInfo) -> str:
        """Refuse any host but the region's own: a regional token opens no other."""
        region = info.data.get("azure_speech_region", "")
        hosts = tuple(f"{region}.{rest}.microsoft.com" for rest in ("api.cognitive", "stt.speech", "tts.speech"))
        return checked_address(address, hosts, emulated=info.data.get("emulated", False))
