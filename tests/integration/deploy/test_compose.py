"""An installation is rendered and podman-compose accepts the compose file with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contracts.holder import SERVICES
from ops.installation import main as installation
from ops.machine import PODMAN
from ops.run.configuration import KEYS

COMPOSE = Path("deploy/compose/compose.yaml")
VALUES = {"LARABOT_AZURE_OPENAI_DEPLOYMENT_TYPE": "DataZoneStandard", "LARABOT_SMTP_PORT": "587"}


@pytest.fixture
def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LARABOT_ENV_FILE", "none")
    for key in KEYS:
        if key.vendor and key.default is None:
            monkeypatch.setenv(key.name, VALUES.get(key.name, "swedencentral" if "REGION" in key.name else "x"))
    out = tmp_path / "installation"
    assert installation(["--out", str(out), "--public-url", "https://larabot.example"]) == 0
    return out


def test_each_service_is_given_its_own_secrets_only(rendered: Path) -> None:
    environments = {service: (rendered / f"env/{service}.env").read_text() for service in SERVICES}
    assert "LARABOT_AZURE_OPENAI_API_KEY" in environments["textproxy"]
    assert not any("AZURE_OPENAI" in text for name, text in environments.items() if name != "textproxy")
    assert not any("LOG_SEED" in text for name, text in environments.items() if name != "dsar")
    assert all((path.stat().st_mode & 0o077) == 0 for path in rendered.rglob("*") if path.is_file())


def test_rendering_again_keeps_the_keys(rendered: Path) -> None:
    before = (rendered / "env/dsar.env").read_text()
    assert installation(["--out", str(rendered), "--public-url", "https://larabot.example"]) == 0
    assert (rendered / "env/dsar.env").read_text() == before


@pytest.mark.parametrize(
    ("url", "settings", "words"),
    [
        ("http://larabot.example", {}, "must begin with https://"),
        ("https://larabot.example", {"LARABOT_BREVO_API_KEY": "", "LARABOT_BREVO_LIST_ID": ""}, "Brevo"),
    ],
)
def test_an_installation_with_emulators_or_without_tls_is_refused(
    rendered: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: str,
    settings: dict[str, str],
    words: str,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert installation(["--out", str(rendered / "again"), "--public-url", url]) == 1
    assert words in capsys.readouterr().err


def test_podman_compose_accepts_the_file(rendered: Path) -> None:
    if PODMAN.find() is None and os.environ.get("CI") != "true":  # noqa: TID251 — no setting of ours
        pytest.skip("podman is not installed; `make machine-setup` says how to get it")
    compose = Path(sys.executable).parent / "podman-compose"
    done = subprocess.run(
        [str(compose), "-f", str(COMPOSE), "config"],
        env={**os.environ, "LARABOT_INSTALLATION": str(rendered)},  # noqa: TID251 — podman needs its own
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert set(SERVICES) | {"nats", "postgres", "init-bus"} == set(yaml.safe_load(done.stdout)["services"])
