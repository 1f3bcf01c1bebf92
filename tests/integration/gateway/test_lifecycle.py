"""The service's life: stopped while it waits, drained in order, killed, out of a part of its bus, on PostgreSQL."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import delete, select
from sqlmodel import col

from chassis.database import Session
from services.gateway.adapters.day_secrets import DaySecrets
from services.gateway.tables import DaySecret, RepeatedRequest, RequestLog
from tests.integration.gateway.owners import SIGNED_IN, SIMPLIFY, Gateway, Owners
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer, postgres
from tests.support.waiting import until

__all__ = ["postgres"]

SUBSCRIPTIONS = "/api/newsletter/subscriptions"
SUBSCRIBE = {"email": "anna@skola.example", "consent": True}


async def test_a_service_that_waits_for_its_bus_can_be_stopped(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.gateway"], env=environment(tmp_path), stdout=log, stderr=log
        )
    try:
        await until(lambda: b"waiting for the bus" in (tmp_path / "log").read_bytes(), 60)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 30) == 0
    finally:
        process.kill()
        process.wait()


def test_what_ends_a_process_is_logged_without_its_words(tmp_path: Path) -> None:
    settings = {**environment(tmp_path), "LARABOT_SEAL_KEY": "anna@skola.example"}
    ended = subprocess.run(
        [sys.executable, "-m", "services.gateway"], env=settings, capture_output=True, timeout=20, check=False
    )
    # The settings are read before the logs are set up; nothing of a value may be in either.
    assert ended.returncode != 0
    assert b"anna" not in ended.stdout + ended.stderr


def test_an_uncaught_error_is_one_line_of_json() -> None:
    program = (
        "from chassis.telemetry import configure_logs; configure_logs('auth', 'INFO'); raise ValueError('anna@skola')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=20, check=False)
    line = json.loads(ended.stdout)
    assert (line["event"], line["error"]) == ("process failed", "ValueError")
    assert b"anna" not in ended.stdout + ended.stderr
    assert ended.returncode == 1


async def test_requests_at_work_are_answered_before_the_end(gateway: Gateway, owners: Owners) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        begun.set()
        await asyncio.sleep(0.5)

    owners.subscribe = slow
    headers = {"X-Requested-By": "larabot"}
    asking = asyncio.create_task(gateway.http.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=headers))
    await begun.wait()
    assert await gateway.stop() == 0
    assert (await asking).status_code == 202
    await gateway.start()
    assert SUBSCRIPTIONS in await gateway.service.database.read(routes)


async def test_a_step_that_does_not_close_does_not_keep_the_others_from_it(gateway: Gateway) -> None:
    closed = []

    async def fail() -> None:
        raise TimeoutError

    async def close() -> None:
        closed.append("next")

    gateway.service.at_close(fail)
    gateway.service.at_close(close)
    assert await gateway.stop() == 0
    assert closed == ["next"]
    await gateway.start()


async def test_a_broken_second_connection_ends_the_service(gateway: Gateway) -> None:
    content = gateway.service.content_bus
    assert content is not None
    content.broken.set()
    async with asyncio.timeout(5):
        assert await gateway.stopped() == 1
    await gateway.start()


async def test_everything_works_again_once_the_bus_is_back(gateway: Gateway, owners: Owners) -> None:
    await owners.server.kill()
    refused = await gateway.http.post("/api/text/simplify", json=SIMPLIFY, headers=SIGNED_IN)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert (await gateway.http.get("/readyz")).status_code == 503
    await owners.server.restart()
    async with asyncio.timeout(10):
        while (await gateway.http.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.1)
    answer = await gateway.http.post("/api/text/simplify", json=SIMPLIFY, headers=SIGNED_IN)
    assert "finish_reason" in answer.text


async def test_two_gateways_share_one_postgresql(server: NatsServer, tmp_path: Path, postgres: PostgresServer) -> None:
    url = await postgres.fresh_database()
    async with Gateway(server, tmp_path, url) as first:
        second = Gateway(server, tmp_path, url)
        second.owners = first.owners
        await second.start()
        headers = {"X-Requested-By": "larabot", "Idempotency-Key": "one-for-both"}
        async with second.client() as client:
            answers = await asyncio.gather(
                first.http.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=headers),
                client.post(SUBSCRIPTIONS, json=SUBSCRIBE, headers=headers),
            )
        assert sorted(answer.status_code for answer in answers) in ([202, 202], [202, 409])
        assert first.owners.subscribed == 1
        assert await first.service.database.read(repeats) == 1
        assert await second.stop() == 0


async def test_gateways_that_make_the_secrets_of_the_day_at_once_agree_on_them(
    server: NatsServer, tmp_path: Path, postgres: PostgresServer
) -> None:
    async with Gateway(server, tmp_path, await postgres.fresh_database()) as gateway:
        database, clock = gateway.service.database, gateway.service.clock
        await database.write(forget_secrets)
        several = [DaySecrets(database, clock) for _ in range(6)]
        await asyncio.gather(*(secrets.refresh() for secrets in several))
        assert len({secrets.of_account("anna") for secrets in several}) == 1


def routes(session: Session) -> list[str]:
    return list(session.execute(select(col(RequestLog.route))).scalars())


def repeats(session: Session) -> int:
    return len(session.execute(select(RepeatedRequest)).scalars().all())


def forget_secrets(session: Session) -> None:
    session.execute(delete(DaySecret))


def environment(directory: Path) -> dict[str, str]:
    """What a gateway is told when its bus is not there."""
    (directory / "web").mkdir(exist_ok=True)
    settings = {
        "NATS_URL": "nats://127.0.0.1:9",
        "NATS_SEED": "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY",
        "NATS_EVENTS_SEED": "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY",
        "NATS_CONTENT_SEED": "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY",
        "DATABASE_URL": f"sqlite:///{directory}/gateway.db",
        "RECEIPT_SEED": "5a" * 32,
        "PUBLIC_URL": "http://localhost:8000",
        "LISTEN_PORT": "1",
        "WEB_DIR": str(directory / "web"),
        "SEAL_KEY": "1a" * 32,
        "KEYS_FILE": str(directory / "gateway.keys"),
    }
    basics = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251
    return {**basics, **{f"LARABOT_{name}": value for name, value in settings.items()}}
