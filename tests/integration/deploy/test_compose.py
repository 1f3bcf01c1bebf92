"""An installation is rendered and podman-compose accepts the compose file with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contracts.holder import SEALING_SERVICES, SERVICES
from ops.installation import main as installation
from ops.machine import PODMAN
from tests.integration.deploy.conftest import Render

COMPOSE = Path("deploy/compose/compose.yaml")
CLUSTER = Path("deploy/compose/cluster.yaml")

MOUNTS = {"nats": "server.conf", "admin": "admin.seed", "postgres": "databases.sql", "backup": "databases.json"}
"""What compose mounts into one container each: the room, and the file that matters in it."""
ROOMS = {*MOUNTS, "nats-2", "nats-3", "nats-tls"}
TOLD = {*MOUNTS.values(), "init-bus.args"}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def rendered(render: Render) -> Path:
    return render()


def test_each_service_is_given_its_own_secrets_only(rendered: Path) -> None:
    environments = {service: (rendered / f"env/{service}.env").read_text() for service in SERVICES}
    assert "LARABOT_AZURE_OPENAI_API_KEY" in environments["textproxy"]
    assert not any("AZURE_OPENAI" in text for name, text in environments.items() if name != "textproxy")
    assert not any("LOG_SEED" in text for name, text in environments.items() if name != "dsar")


def test_the_installation_is_closed_to_everybody_but_its_owner(rendered: Path) -> None:
    assert mode(rendered) == 0o700
    assert {path.name for path in rendered.iterdir() if mode(path) & 0o077 and path.is_dir()} == ROOMS
    private = [path for room in ("keys", "env") for path in (rendered / room).iterdir()]
    assert {mode(path) for path in private} == {0o600}
    assert (rendered / ".gitignore").read_text() == "*\n"


def test_only_rooms_without_keys_and_settings_are_mounted_each_into_one_container(rendered: Path) -> None:
    mounted = [
        volume.split("}/")[1].split(":")[0]
        for file in (COMPOSE, CLUSTER)
        for service in yaml.safe_load(file.read_text())["services"].values()
        for volume in service.get("volumes", [])
        if "LARABOT_INSTALLATION" in volume
    ]
    shared = mounted.count("nats-tls")
    assert shared == len(SERVICES) + len(["init-bus"])
    assert sorted(mounted) == sorted([*(ROOMS - {"nats-tls"}), *["nats-tls"] * shared])
    files = {path for room in ROOMS for path in (rendered / room).iterdir()}
    assert {path.name for path in files} == TOLD
    assert {mode(path) for path in files} == {0o644}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
@pytest.mark.parametrize("user", [999, 10001])
@pytest.mark.parametrize("room", MOUNTS)
def test_a_containers_user_reads_its_mount(rendered: Path, room: str, user: int) -> None:
    """An open directory is like a mount: what is beneath it is reached without passing what is above."""
    directory = os.open(rendered / room, os.O_PATH)
    try:
        read = subprocess.run(
            ["/bin/cat", f"/proc/self/fd/{directory}/{MOUNTS[room]}"],
            user=user,
            group=user,
            extra_groups=[],
            pass_fds=[directory],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(directory)
    assert (read.returncode, read.stdout) == (0, (rendered / room / MOUNTS[room]).read_text())


def test_every_key_file_has_a_volume_that_is_backed_up() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for service in SEALING_SERVICES:
        assert f"keys-{service}:/var/lib/larabot" in services[service]["volumes"]
        assert f"keys-{service}:/subject-keys/{service}" in services["backup"]["volumes"]


def test_no_container_may_dump_a_process() -> None:
    services = {**yaml.safe_load(COMPOSE.read_text())["services"], **yaml.safe_load(CLUSTER.read_text())["services"]}
    assert [name for name, service in services.items() if service.get("ulimits") != {"core": 0}] == []


def test_a_rendering_again_closes_what_stood_open(rendered: Path) -> None:
    rendered.chmod(0o755)
    (rendered / "env").chmod(0o755)
    assert installation(["--out", str(rendered), "--public-url", "https://larabot.example"]) == 0
    assert (mode(rendered), mode(rendered / "env")) == (0o700, 0o700)


def test_a_directory_with_something_else_in_it_is_refused(
    rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir(mode=0o755)
    (tmp_path / "full/letter").write_text("")
    assert rendered.exists()
    assert installation(["--out", str(tmp_path / "full"), "--public-url", "https://larabot.example"]) == 1
    assert "must be new, empty or rendered earlier" in capsys.readouterr().err
    assert mode(tmp_path / "full") == 0o755


def test_the_gateway_is_told_which_proxies_to_believe(
    rendered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["--out", str(rendered), "--public-url", "https://larabot.example"]
    assert installation(again) == 0
    assert "LARABOT_TRUSTED_PROXIES is not set" in capsys.readouterr().out
    monkeypatch.setenv("LARABOT_TRUSTED_PROXIES", "10.89.0.0/24")
    assert installation(again) == 0
    assert "LARABOT_TRUSTED_PROXIES" not in capsys.readouterr().out
    told = [path.stem for path in (rendered / "env").iterdir() if "LARABOT_TRUSTED_PROXIES=" in path.read_text()]
    assert told == ["gateway"]


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
        [str(compose), "--profile", "backup", "-f", str(COMPOSE), "-f", str(CLUSTER), "config"],
        env={**os.environ, "LARABOT_INSTALLATION": str(rendered)},  # noqa: TID251 — podman needs its own
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert set(SERVICES) | {"nats", "nats-2", "nats-3", "postgres", "init-bus", "backup"} == set(
        yaml.safe_load(done.stdout)["services"]
    )
