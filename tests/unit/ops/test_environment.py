"""Each process is given what it needs, and no secret of another's."""

import json
from pathlib import Path

import pytest

from contracts.holder import SERVICES
from ops.run.configuration import VENDORS, Configuration, read_configuration
from ops.run.data_directory import DataDirectory
from ops.run.environment import service_environment
from ops.run.keys import KeyRing
from ops.run.plan import emulator_program, record_of
from ops.run.ports import Ports
from ops.run.site import Site, basics_of

CONNECTIONS = [*((service, "APP") for service in SERVICES), ("gateway", "CONTENT"), ("textproxy", "CONTENT")]
PORTS = Ports(
    gateway=8000,
    nats=8001,
    nats_monitor=8002,
    nats_own_monitor=8005,
    mail_sink=8003,
    smtp=8004,
    emulators={vendor: 8010 + place for place, vendor in enumerate(VENDORS)},
)
REAL_SPEECH = {"LARABOT_AZURE_SPEECH_REGION": "westeurope", "LARABOT_AZURE_SPEECH_KEY": "k"}


def a_site(tmp_path: Path, **settings: str) -> Site:
    data = DataDirectory(tmp_path / "data")
    return Site(
        configuration=read_configuration(settings, tmp_path / ".env") if settings else Configuration(),
        ports=PORTS,
        data=data,
        keys=KeyRing(data.room("keys")),
        basics={"PATH": "/bin"},
    )


def environments(site: Site) -> dict[str, dict[str, str]]:
    return {service: service_environment(service, site, CONNECTIONS) for service in SERVICES}


def test_of_the_launchers_own_environment_only_the_basics_are_passed_on() -> None:
    assert basics_of({"PATH": "/bin", "HOME": "/h", "AWS_SECRET": "x"}) == {"PATH": "/bin", "HOME": "/h"}


def test_every_service_can_reach_bus_and_database(tmp_path: Path) -> None:
    for service, environment in environments(a_site(tmp_path)).items():
        assert environment["LARABOT_NATS_URL"] == "nats://127.0.0.1:8001"
        assert environment["LARABOT_DATABASE_URL"].endswith(f"/data/{service}/{service}.db")
        assert environment["LARABOT_PUBLIC_URL"] == "http://localhost:8000"


EMULATORS_PUBLIC_KEY = "emulator-key"
SECRETS = ("_SEED", "_KEY", "_TOKEN", "_PASSWORD")


def test_no_two_services_share_a_secret(tmp_path: Path) -> None:
    secrets = [
        value
        for environment in environments(a_site(tmp_path)).values()
        for name, value in environment.items()
        if name.endswith(SECRETS) and value != EMULATORS_PUBLIC_KEY
    ]
    assert len(secrets) == len(set(secrets))


def test_message_text_has_a_connection_of_its_own_in_two_services_only(tmp_path: Path) -> None:
    found = environments(a_site(tmp_path))
    having = [service for service in SERVICES if "LARABOT_NATS_CONTENT_SEED" in found[service]]
    assert having == ["gateway", "textproxy"]


def test_the_ledger_and_the_log_belong_to_dsar_alone(tmp_path: Path) -> None:
    found = environments(a_site(tmp_path))
    for name in ("LARABOT_LEDGER_KEY", "LARABOT_CASE_KEY", "LARABOT_LOG_SEED", "LARABOT_RECEIPT_KEYS"):
        assert [service for service in SERVICES if name in found[service]] == ["dsar"]


def test_services_with_sealed_columns_have_a_seal_key_and_a_place_for_their_subject_keys(tmp_path: Path) -> None:
    found = environments(a_site(tmp_path))
    having = [service for service in SERVICES if "LARABOT_SEAL_KEY" in found[service]]
    assert having == ["gateway", "auth", "newsletter", "analytics", "dsar"]
    places = [Path(found[service]["LARABOT_KEYS_FILE"]) for service in having]
    assert [place.relative_to(tmp_path.resolve() / "data").as_posix() for place in places] == [
        f"keys/{service}.keys" for service in having
    ]


def test_dsar_knows_the_public_receipt_key_of_every_service(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    keys = json.loads(environments(site)["dsar"]["LARABOT_RECEIPT_KEYS"])
    assert keys == {service: site.keys.ed25519_public(f"receipt-{service}") for service in SERVICES}


def test_an_emulated_vendor_is_allowed_to_its_services(tmp_path: Path) -> None:
    found = environments(a_site(tmp_path))
    emulated = [service for service in SERVICES if found[service].get("LARABOT_EMULATED") == "true"]
    assert emulated == ["auth", "textproxy", "speechtoken", "newsletter", "analytics", "dsar"]


def test_emulated_speech_is_where_the_page_may_connect(tmp_path: Path) -> None:
    found = environments(a_site(tmp_path))
    assert found["speechtoken"]["LARABOT_AZURE_SPEECH_ENDPOINT"] == "ws://127.0.0.1:8011"
    assert found["gateway"]["LARABOT_SPEECH_ORIGINS"] == "ws://127.0.0.1:8011 http://127.0.0.1:8011"


def test_real_speech_follows_from_its_region(tmp_path: Path) -> None:
    found = environments(a_site(tmp_path, **REAL_SPEECH))
    speech = found["speechtoken"]
    assert speech["LARABOT_AZURE_SPEECH_TOKEN_URL"].startswith("https://westeurope.api.cognitive.microsoft.com/")
    assert "LARABOT_EMULATED" not in speech
    assert "wss://westeurope.stt.speech.microsoft.com" in found["gateway"]["LARABOT_SPEECH_ORIGINS"]
    assert "LARABOT_AZURE_SPEECH_KEY" not in found["gateway"]


def test_trusted_proxies_are_told_to_the_gateway_alone(tmp_path: Path) -> None:
    found = environments(a_site(tmp_path, LARABOT_TRUSTED_PROXIES="127.0.0.1,::1"))
    told = {service: given.get("LARABOT_TRUSTED_PROXIES") for service, given in found.items()}
    assert {service: value for service, value in told.items() if value} == {"gateway": "127.0.0.1,::1"}


def test_a_real_vendor_has_no_emulator_in_the_record(tmp_path: Path) -> None:
    record = record_of(a_site(tmp_path, **REAL_SPEECH))
    assert set(record["emulators"]) == {"azure_openai", "brevo", "posthog"}
    assert record["gateway"] == "http://localhost:8000"


@pytest.mark.parametrize("vendor", [*VENDORS, "smtp"])
def test_an_emulator_is_given_the_basics_only(tmp_path: Path, vendor: str) -> None:
    program = emulator_program(vendor, a_site(tmp_path))
    assert program.name.startswith("emulator-")
    assert program.environment == {"PATH": "/bin"}


def test_a_log_key_that_is_replaced_is_told_to_dsar_until_its_file_goes(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    first = environments(site)["dsar"]
    assert "LARABOT_REPLACED_LOG_SEED" not in first
    (log,) = tmp_path.rglob("log.hex")
    log.rename(log.with_name("log-replaced.hex"))
    second = environments(site)["dsar"]
    assert second["LARABOT_REPLACED_LOG_SEED"] == first["LARABOT_LOG_SEED"] != second["LARABOT_LOG_SEED"]


def test_dsar_is_told_how_long_backups_are_kept_where_any_are_made(tmp_path: Path) -> None:
    found = [
        environments(a_site(tmp_path / str(number), **settings))["dsar"].get("LARABOT_BACKUP_DAYS")
        for number, settings in enumerate(
            (
                {"LARABOT_BACKUP_DAYS": "7"},
                {"LARABOT_BACKUP_TO": "/backups"},
                {"LARABOT_BACKUP_TO": "/backups", "LARABOT_BACKUP_DAYS": "7"},
            )
        )
    ]
    assert found == [None, "30", "7"]
