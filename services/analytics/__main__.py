"""Start the service: settings, build, run."""

from services.analytics.app import build
from services.analytics.settings import AnalyticsSettings

build(AnalyticsSettings.from_environment()).run()
