"""What the service is told at its start; a deployment outside the EU is refused."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chassis.egress import EuRegion, checked_address
from chassis.settings import Settings
from contracts.text import GENERATE

POLICIES = Path(__file__).resolve().parents[2] / "policies"

# What keeps text in the region or in the EU's data zone; "Global" types compute anywhere.
DEPLOYMENT_TYPES = frozenset({"Standard", "DataZoneStandard", "ProvisionedManaged", "ProvisionedDataZone"})
# Less than the gateway waits for anything at all from us: the person is told who was silent.
FIRST_TOKEN_SECONDS_MAX = GENERATE.stall_seconds - 5.0
HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com")


class TextproxySettings(Settings):
    """The deployment type cannot be asked of the vendor: the operator attests it."""

    nats_content_seed: SecretStr
    azure_openai_endpoint: str
    azure_openai_deployment: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    azure_openai_api_key: SecretStr
    azure_openai_api_version: str = "2024-10-21"
    azure_openai_region: EuRegion
    azure_openai_deployment_type: str
    text_first_token_seconds: float = Field(30.0, ge=1.0, le=FIRST_TOKEN_SECONDS_MAX)

    @field_validator("azure_openai_endpoint")
    @classmethod
    def of_the_processor(cls, endpoint: str, info: ValidationInfo) -> str:
        """Refuse any other host."""
        return checked_address(endpoint, HOSTS, emulated=info.data.get("emulated", False))

    @field_validator("azure_openai_deployment_type")
    @classmethod
    def within_the_eu(cls, deployment_type: str) -> str:
        """Refuse a type that may compute outside the EU."""
        if deployment_type not in DEPLOYMENT_TYPES:
            raise PydanticCustomError("outside-the-eu", "the deployment may compute outside the EU")
        return deployment_type
