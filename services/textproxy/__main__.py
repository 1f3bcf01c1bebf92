"""Start the service: settings, build, run."""

from services.textproxy.app import build
from services.textproxy.settings import TextproxySettings

build(TextproxySettings.from_environment()).run()
