"""Start the gateway."""

from services.gateway.app import build
from services.gateway.settings import GatewaySettings

build(GatewaySettings.from_environment()).run()
