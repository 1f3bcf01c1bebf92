"""Start the service: settings, build, run."""

from services.auth.app import build
from services.auth.settings import AuthSettings

build(AuthSettings.from_environment()).run()
