"""The others: nginx, which only passes bytes on, and LiteLLM's proxy, which does what we do."""

import getpass
import os
import subprocess
from pathlib import Path

from ops.machine import NGINX
from ops.run.ports import any_port
from tests.bench.text_path.contestants import (
    ARTIFACTS,
    LOOPBACK,
    ROOT,
    CannotStart,
    Contestant,
    Process,
    Vendor,
    answers,
    azure_request,
    chat,
    http_request,
    with_children,
)
from tests.bench.text_path.orders import Order

PASSED_ON = ("PATH", "HOME", "LANG")
MASTER_KEY = "sk-bench"
LITELLM_LOCK = Path(__file__).with_name("litellm.txt")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
INSTALL_SECONDS_MAX = 600


def nginx_configuration(vendor: Vendor, port: int, room: Path) -> str:
    temporary = "".join(f"  {kind}_temp_path {room}/nginx-{kind};\n" for kind in TEMPORARY)
    return f"""
user {getpass.getuser()}; worker_processes 2; daemon off; pid {room}/nginx.pid; error_log {room}/nginx-error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 10000000;
{temporary}
  upstream vendor {{ server {LOOPBACK}:{vendor.port}; keepalive 512; keepalive_requests 10000000; }}
  server {{
    listen {LOOPBACK}:{port} backlog=1024;
    location / {{
      proxy_pass http://vendor; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; client_body_buffer_size 64k;
    }}
  }}
}}
"""


async def start_nginx(vendor: Vendor, room: Path) -> tuple[Process, Contestant]:
    """Started with two workers and no buffering, as a reverse proxy in front of a stream has to be."""
    binary = NGINX.find()
    if not binary:
        raise CannotStart("is not installed; `python -m ops machine --for bench` says how to get it")
    port = any_port()
    configuration = room / "nginx.conf"
    configuration.write_text(nginx_configuration(vendor, port, room))
    process = Process([str(binary), "-c", str(configuration)], room / "nginx.log")
    seconds = await process.until(lambda: answers(f"http://{LOOPBACK}:{port}/seen"))
    made = Contestant("nginx", (LOOPBACK, port), azure_request, with_children(nginx=process.pid), seconds)
    return process, made


async def start_litellm(vendor: Vendor, room: Path) -> tuple[Process, Contestant]:
    """Started as its documentation says for production, with one worker, no database, and its master key checked."""
    program = install_litellm()
    port = any_port()
    configuration = room / "litellm.yaml"
    configuration.write_text(
        "model_list:\n  - model_name: school\n    litellm_params:\n      model: azure/school\n"
        f"      api_base: {vendor.url}\n      api_key: emulator-key\n      api_version: '2024-10-21'\n"
        f"litellm_settings:\n  num_retries: 0\n  telemetry: false\ngeneral_settings:\n  master_key: {MASTER_KEY}\n"
    )
    basics = {name: os.environ[name] for name in PASSED_ON if name in os.environ}  # noqa: TID251 — for a stranger
    quiet = {"LITELLM_MODE": "PRODUCTION", "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    process = Process(
        [str(program), "--config", str(configuration), "--host", LOOPBACK, "--port", str(port), "--num_workers", "1"],
        room / "litellm.log",
        cwd=room,
        env={**basics, **quiet},
    )
    seconds = await process.until(lambda: answers(f"http://{LOOPBACK}:{port}/health/readiness"))
    return process, Contestant(
        "litellm", (LOOPBACK, port), litellm_request, with_children(litellm=process.pid), seconds
    )


def litellm_request(_: int, order: Order) -> bytes:
    headers = {"Host": "localhost", "Authorization": f"Bearer {MASTER_KEY}"}
    return http_request("/v1/chat/completions", headers, chat(order, model="school"))


def install_litellm() -> Path:
    """Its program, in an environment of its own that is made where it is missing or pins something else."""
    environment = ARTIFACTS / "litellm"
    stamp = environment / "installed.txt"
    if not stamp.is_file() or stamp.read_text() != LITELLM_LOCK.read_text():
        install(environment, "-r", str(LITELLM_LOCK))
        stamp.write_text(LITELLM_LOCK.read_text())
    return environment / "bin" / "litellm"


def install(environment: Path, *what: str) -> None:
    """Put packages into an environment under .artifacts with the repository's uv.

    Raises:
        CannotStart: they cannot be had.
    """
    uv = ROOT / ".tools" / "bin" / "uv"
    python = environment / "bin" / "python"
    commands = [] if python.exists() else [["venv", "--quiet", str(environment)]]
    commands.append(["pip", "install", "--quiet", "--python", str(python), *what])
    for command in commands:
        done = subprocess.run(
            [str(uv), *command], check=False, stderr=subprocess.PIPE, timeout=INSTALL_SECONDS_MAX, cwd=ROOT
        )
        if done.returncode:
            raise CannotStart(f"its packages cannot be installed: {done.stderr.decode().strip()[-300:]}")
