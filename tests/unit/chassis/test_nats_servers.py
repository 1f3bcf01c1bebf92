"""Which lists of nats-servers are taken, and what is said of the others."""

from pathlib import Path

import pytest

from chassis.nats_servers import NatsServers, server_urls
from chassis.settings import Settings, SettingsRefused

REST = {
    "LARABOT_NATS_SEED": "seed",
    "LARABOT_NATS_EVENTS_SEED": "seed",
    "LARABOT_DATABASE_URL": "sqlite:///x.db",
    "LARABOT_RECEIPT_SEED": "00" * 32,
    "LARABOT_PUBLIC_URL": "http://localhost:8000",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REST.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("addresses", "urls"),
    [
        ("nats://a:4222", ("nats://a:4222",)),
        ("nats://a:4222, nats://b:1 ,nats://[::1]:65535", ("nats://a:4222", "nats://b:1", "nats://[::1]:65535")),
        ("tls://a.example:4222,tls://b.example:4223", ("tls://a.example:4222", "tls://b.example:4223")),
    ],
)
def test_one_or_several_are_taken(addresses: str, urls: tuple[str, ...]) -> None:
    assert server_urls(addresses) == urls


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        (",", "server_1_is_not_nats_or_tls"),
        ("nats://a:4222,", "server_2_is_not_nats_or_tls"),
        ("nats://a:4222,,nats://b:4222", "server_2_is_not_nats_or_tls"),
        ("http://a:4222", "server_1_is_not_nats_or_tls"),
        ("nats://a:4222;nats://b:4222", "server_1_is_no_address"),
        ("nats://a:70000", "server_1_is_no_address"),
        ("nats://[::1:4222", "server_1_is_no_address"),
        ("nats://:4222", "server_1_has_no_host"),
        ("nats://a b:4222", "server_1_has_no_host"),
        ("nats://a:4222,nats://b", "server_2_has_no_port"),
        ("nats://a:0", "server_1_has_no_port"),
        ("nats://user:hunter2@a:4222", "server_1_has_more_than_host_and_port"),
        ("nats://a:4222/x", "server_1_has_more_than_host_and_port"),
        ("nats://a:4222,tls://b:4222", "servers_with_and_without_tls"),
        (",".join(["nats://a:4222"] * 17), "too_many_servers"),
    ],
)
def test_a_service_says_what_is_wrong_and_never_the_address(
    monkeypatch: pytest.MonkeyPatch, addresses: str, told: str
) -> None:
    monkeypatch.setenv("LARABOT_NATS_URL", addresses)
    with pytest.raises(SettingsRefused) as refused:
        Settings.from_environment()
    assert f"LARABOT_NATS_URL: {told}" in str(refused.value)
    assert not any(said in str(refused.value) for said in (*filter(None, addresses.split(",")), "hunter2", "4222"))


@pytest.mark.parametrize(
    ("addresses", "directory", "told"),
    [
        ("tls://a:4222", "", "LARABOT_NATS_TLS_DIR: needed_for_tls_servers"),
        ("nats://a:4222", "/certificates", "LARABOT_NATS_TLS_DIR: servers_are_not_tls"),
    ],
)
def test_tls_and_certificates_belong_together(
    monkeypatch: pytest.MonkeyPatch, addresses: str, directory: str, told: str
) -> None:
    monkeypatch.setenv("LARABOT_NATS_URL", addresses)
    monkeypatch.setenv("LARABOT_NATS_TLS_DIR", directory)
    with pytest.raises(SettingsRefused) as refused:
        Settings.from_environment()
    assert told in str(refused.value)
    with pytest.raises(ValueError, match="certificates"):
        NatsServers(addresses, Path(directory) if directory else None).options()


def test_one_setting_serves_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARABOT_NATS_URL", " nats://a:4222 , nats://b:4222 ")
    assert Settings.from_environment().nats_servers.options() == {"servers": ["nats://a:4222", "nats://b:4222"]}
