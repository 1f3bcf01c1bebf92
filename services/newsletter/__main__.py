"""Start the service: settings, build, run."""

from services.newsletter.app import build
from services.newsletter.settings import NewsletterSettings

build(NewsletterSettings.from_environment()).run()
