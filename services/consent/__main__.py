"""Start the service: settings, build, run."""

from services.consent.app import build
from services.consent.settings import ConsentSettings

build(ConsentSettings.from_environment()).run()
