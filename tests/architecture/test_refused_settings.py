"""No setting's value stands in what a refusal says, whichever setting of whichever service is wrong."""

import importlib
import os
import traceback
from pathlib import Path

import pytest

from chassis.settings import PREFIX, Settings
from contracts.holder import SERVICES
from ops.bus_config import connections
from ops.run.configuration import Configuration
from ops.run.data_directory import DataDirectory
from ops.run.environment import service_environment
from ops.run.keys import KeyRing
from ops.run.ports import Ports
from ops.run.site import Site

PORTS = Ports(
    gateway=1,
    nats=2,
    nats_monitor=3,
    nats_own_monitor=4,
    mail_sink=5,
    smtp=6,
    emulators=dict.fromkeys(("azure_openai", "azure_speech", "brevo", "posthog"), 7),
)
MARKER = "anna-0f3c"
WRONG = (MARKER, f"nats://{MARKER}@x:1,{MARKER}")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    data = DataDirectory(tmp_path / "data")
    return Site(configuration=Configuration(), ports=PORTS, data=data, keys=KeyRing(data.room("keys")), basics={})


def settings_of(service: str) -> type[Settings]:
    module = importlib.import_module(f"services.{service}.settings")
    (found,) = (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__)
    assert issubclass(found, Settings)
    return found


def said_at_start(service: str) -> str:
    """What a service would write to stderr before it runs: nothing, or why it does not."""
    try:
        importlib.import_module(f"services.{service}.app").build(settings_of(service).from_environment())
    except (ValueError, OSError, SystemExit) as error:
        return "".join(traceback.format_exception(error))
    return ""


@pytest.mark.parametrize("service", SERVICES)
def test_a_refused_setting_is_not_quoted(service: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:  # noqa: TID251 — the test's own process
        monkeypatch.delenv(name)
    right = service_environment(service, site, connections())
    for name, value in right.items():
        monkeypatch.setenv(name, value)
    assert said_at_start(service) == ""
    refused = 0
    for field in settings_of(service).model_fields:
        for wrong in WRONG:
            monkeypatch.setenv(f"{PREFIX}{field.upper()}", wrong)
            said = said_at_start(service)
            refused += said != ""
            assert MARKER not in said, f"{field}: {said}"
        monkeypatch.delenv(f"{PREFIX}{field.upper()}")
        if f"{PREFIX}{field.upper()}" in right:
            monkeypatch.setenv(f"{PREFIX}{field.upper()}", right[f"{PREFIX}{field.upper()}"])
    assert refused > len(WRONG)


def test_a_wrong_setting_does_not_bring_out_another_ones_value(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in service_environment("analytics", site, connections()).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LARABOT_PUBLIC_URL", f"https://{MARKER}.example")
    monkeypatch.setenv("LARABOT_POSTHOG_HOST", "https://elsewhere.example")
    said = said_at_start("analytics")
    assert "LARABOT_POSTHOG_HOST" in said
    assert MARKER not in said
