"""An installation whose streams lay in the account APP keeps them: its folder is renamed, as CHANGELOG.md says."""

import json
from pathlib import Path

from contracts.dsar import ERASURE_REQUESTED
from ops.bus_config import init_bus
from tests.integration.bus_permissions.store_state import streams_and_consumers
from tests.support.nats import NatsServer


async def test_streams_and_progress_of_the_account_app_are_found_in_store(tmp_path: Path) -> None:
    async with NatsServer(tmp_path) as server:
        wanted = server.configuration.read_text()
        await as_it_was(server)
        dsar = await server.connect("dsar")
        for number in range(3):
            await dsar.jetstream().publish(ERASURE_REQUESTED.subject, b'{"number":%d}' % number)
        auth = (await server.connect("auth")).jetstream()
        subscription = await auth.pull_subscribe_bind(consumer="erase-auth", stream="DSAR")
        await (await subscription.fetch(1))[0].ack_sync()
        before = await streams_and_consumers(server)
        await server.stop()

        jetstream = server.store / "jetstream"
        (jetstream / "APP").rename(jetstream / "STORE")
        server.configuration.write_text(wanted)
        await server.restart()
        await init_bus(server.servers, server.seed("admin", "STORE"))

        after = await streams_and_consumers(server)
        assert {name.replace("STORE.", "APP."): found["config"] for name, found in after.items()} == {
            name: found["config"] for name, found in before.items()
        }
        auth = (await server.connect("auth", "EVENTS")).jetstream()
        subscription = await auth.pull_subscribe_bind(consumer="erase-auth", stream="DSAR")
        assert (await subscription.fetch(1))[0].data == b'{"number":1}'


async def as_it_was(server: NatsServer) -> None:
    """One account with JetStream and every key, and its streams."""
    configuration = json.loads(server.configuration.read_text())
    admin = {"nkey": server.keys.nkey_public("admin", "STORE")}
    users = [{"nkey": server.keys.nkey_public(role, "APP")} for role in ("dsar", "auth")]
    configuration["accounts"] = {"APP": {"jetstream": "enabled", "users": [admin, *users]}, "SYS": {}}
    server.configuration.write_text(json.dumps(configuration))
    await server.stop()
    (server.store / "jetstream" / "STORE").rename(server.directory / "empty")
    await server.restart()
    await init_bus(server.servers, server.seed("admin", "STORE"))
