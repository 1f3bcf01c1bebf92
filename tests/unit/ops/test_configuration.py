"""What an operator may set, and what is refused with which words."""

from pathlib import Path
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from contracts.holder import SERVICES
from ops.run.configuration import KEYS, Configuration, configuration_markdown, read_configuration
from ops.run.refusal import LaunchRefused

BREVO = {"LARABOT_BREVO_API_KEY": "xkeysib-1", "LARABOT_BREVO_LIST_ID": "7"}


def configured(tmp_path: Path, **values: str) -> Configuration:
    return read_configuration({"HOME": "/home/x", **values}, tmp_path / ".env")


def test_without_settings_every_vendor_is_emulated(tmp_path: Path) -> None:
    found = configured(tmp_path)
    assert found.emulated_vendors == ["azure_openai", "azure_speech", "brevo", "posthog", "smtp"]
    assert found.of_reader("gateway") == {"LARABOT_LOG_LEVEL": "info"}


def test_a_vendor_with_all_its_settings_is_real(tmp_path: Path) -> None:
    found = configured(tmp_path, **BREVO)
    assert found.real_vendors == {"brevo"}
    assert found.of_reader("newsletter") == BREVO | {"LARABOT_LOG_LEVEL": "info"}


def test_a_vendors_key_reaches_only_the_service_that_needs_it(tmp_path: Path) -> None:
    assert "LARABOT_BREVO_API_KEY" not in configured(tmp_path, **BREVO).of_reader("analytics")


def test_a_partly_configured_vendor_is_refused_by_the_names_of_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused, match="LARABOT_BREVO_LIST_ID missing"):
        configured(tmp_path, LARABOT_BREVO_API_KEY="x")


def test_an_unknown_setting_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused, match=r"LARABOT_BREVO_APIKEY .* LARABOT_BREVO_API_KEY"):
        configured(tmp_path, LARABOT_BREVO_APIKEY="x")


def test_a_refusal_never_prints_a_value(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused) as refusal:
        configured(tmp_path, LARABOT_BREVO_API_KEY="xkeysib-secret")
    assert "xkeysib-secret" not in str(refusal.value)


@pytest.mark.parametrize("value", ["127.0.0.1", "127.0.0.1, ::1", "10.89.0.0/24,fd00::/8"])
def test_the_proxies_that_are_trusted_reach_the_gateway_alone(tmp_path: Path, value: str) -> None:
    found = configured(tmp_path, LARABOT_TRUSTED_PROXIES=value)
    assert found.of_reader("gateway")["LARABOT_TRUSTED_PROXIES"] == value
    assert [name for name in SERVICES if "LARABOT_TRUSTED_PROXIES" in found.of_reader(name)] == ["gateway"]


@pytest.mark.parametrize(("proxy", "seen"), [("10.89.0.7", "203.0.113.5"), ("10.90.0.7", "10.90.0.7")])
async def test_the_gateways_server_believes_just_these(tmp_path: Path, proxy: str, seen: str) -> None:
    trusted = configured(tmp_path, LARABOT_TRUSTED_PROXIES="127.0.0.1, 10.89.0.0/24").of_reader("gateway")
    clients: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        clients.append(scope["client"][0])

    scope: Any = {"type": "http", "client": (proxy, 1), "headers": [(b"x-forwarded-for", b"1.2.3.4, 203.0.113.5")]}
    exchange: Any = None  # nothing is read or sent
    believing = ProxyHeadersMiddleware(application, trusted["LARABOT_TRUSTED_PROXIES"])
    await believing(scope, exchange, exchange)
    assert clients == [seen]


@pytest.mark.parametrize("value", ["0", "45", "nan", "1e9", "soon"])
def test_a_deadline_that_nobody_would_wait_for_is_refused_by_its_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(LaunchRefused, match="LARABOT_TEXT_FIRST_TOKEN_SECONDS: it is not a number of seconds"):
        configured(tmp_path, LARABOT_TEXT_FIRST_TOKEN_SECONDS=value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("proxy.example", "entry 1 is neither"),
        ("127.0.0.1,", "entry 2 is neither"),
        ("10.89.0.1/24", "entry 1 is neither"),
        ("*", "entry 1 is neither"),
        ("127.0.0.1,::/0", "entry 2 is everybody"),
    ],
)
def test_proxies_that_the_gateway_could_not_tell_apart_are_refused(tmp_path: Path, value: str, words: str) -> None:
    with pytest.raises(LaunchRefused, match=f"LARABOT_TRUSTED_PROXIES: {words}") as refusal:
        configured(tmp_path, LARABOT_TRUSTED_PROXIES=value)
    assert value not in str(refusal.value)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LARABOT_LOG_LEVEL=debug\nLARABOT_BREVO_LIST_ID=7\nOTHER=1\n")
    found = configured(tmp_path, LARABOT_LOG_LEVEL="error", LARABOT_BREVO_API_KEY="x")
    assert found.values == {
        "LARABOT_LOG_LEVEL": "error",
        "LARABOT_BREVO_LIST_ID": "7",
        "LARABOT_BREVO_API_KEY": "x",
    }


@pytest.mark.parametrize("value", ["", "none"])
def test_the_file_can_be_left_out(tmp_path: Path, value: str) -> None:
    (tmp_path / ".env").write_text("LARABOT_LOG_LEVEL=debug\n")
    assert configured(tmp_path, LARABOT_ENV_FILE=value).values == {}


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(LaunchRefused, match="not a file"):
        configured(tmp_path, LARABOT_ENV_FILE=str(tmp_path / "absent"))


def test_an_unknown_setting_in_the_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LARABOT_NEWS=1\n")
    with pytest.raises(LaunchRefused, match="LARABOT_NEWS"):
        configured(tmp_path)


def test_the_page_about_settings_names_each_of_them() -> None:
    page = configuration_markdown()
    assert all(f"| `{key.name}` |" in page for key in KEYS)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "1001"])
def test_a_number_of_replicas_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(LaunchRefused, match="LARABOT_REPLICAS"):
        configured(tmp_path, LARABOT_REPLICAS=value)


def test_the_number_of_replicas_is_told_to_those_who_count(tmp_path: Path) -> None:
    found = configured(tmp_path, LARABOT_REPLICAS="3")
    assert [name for name in SERVICES if "LARABOT_REPLICAS" in found.of_reader(name)] == ["gateway", "auth"]
