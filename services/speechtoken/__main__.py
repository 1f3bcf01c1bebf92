"""Start the service: settings, build, run."""

from services.speechtoken.app import build
from services.speechtoken.settings import SpeechtokenSettings

build(SpeechtokenSettings.from_environment()).run()
