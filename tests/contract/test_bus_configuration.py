"""The rendered configuration of nats-server: valid, silent about payloads, closed to what is not granted."""

import subprocess
from pathlib import Path

import pytest

from contracts.derive.permissions import connections, permissions_of
from contracts.derive.streams import DURABLES, STREAMS, stream_of
from contracts.holder import HOLDERS
from contracts.registry import EVENTS, TABLE
from ops.bus_config import STORE_BYTES_MAX, PayloadLogging, refuse_payload_logging, render_nats_config
from ops.run.keys import KeyRing
from tests.support.nats import BINARY


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    keys = KeyRing(tmp_path)
    public_keys = {pair: keys.nkey_public(*pair) for pair in connections()}
    return render_nats_config(public_keys, port=4222, monitor_port=8222, store_dir=tmp_path / "store")


def test_the_server_accepts_it(configuration: str, tmp_path: Path) -> None:
    file = tmp_path / "server.conf"
    file.write_text(configuration)
    ended = subprocess.run([BINARY, "-t", "-c", file], capture_output=True, text=True, check=False, timeout=20)
    assert ended.returncode == 0, ended.stderr


def test_nobody_may_answer_wherever_a_caller_points(configuration: str) -> None:
    assert "allow_responses" not in configuration


def test_no_role_has_an_empty_list_which_would_allow_everything() -> None:
    assert all(permissions_of(*pair).publish and permissions_of(*pair).subscribe for pair in connections())


def test_nobody_may_publish_or_hear_by_a_bare_wildcard() -> None:
    granted = {subject for pair in connections() for subject in permissions_of(*pair).publish}
    granted |= {subject for pair in connections() for subject in permissions_of(*pair).subscribe}
    assert not {subject for subject in granted if subject.split(".", 1)[0] in {">", "*"}}


@pytest.mark.parametrize(
    "text",
    [
        "debug: true",
        "trace = true",
        '{"trace": true}',
        "port: 4222\ntrace_verbose yes\n",
        "debug: $ON",
        '{"port": 1, "debug":"on"}',
        "include ./other.conf",
    ],
)
def test_a_server_that_prints_payloads_is_refused(text: str) -> None:
    with pytest.raises(PayloadLogging):
        refuse_payload_logging(text)


@pytest.mark.parametrize(
    "text", ["debug: false", "# trace: true\nport: 4222", 'user: "rpc.trace.v1.debug"', '{"trace": false}']
)
def test_a_server_that_keeps_silent_is_not_refused(text: str) -> None:
    assert refuse_payload_logging(text) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("root", ["rpc", "signal", "_INBOX", "$JS"])
def test_no_stream_keeps_what_passes_between_callers_and_owners(root: str) -> None:
    first_tokens = {subject.split(".", 1)[0] for stream in STREAMS for subject in stream.subjects}
    assert not first_tokens & {root, "*", ">"}


def test_every_stream_is_bounded_and_all_of_them_fit_the_store() -> None:
    assert all(stream.bytes_max > 0 and stream.age_seconds_max > 0 for stream in STREAMS)
    assert sum(stream.bytes_max for stream in STREAMS) <= STORE_BYTES_MAX


def test_every_holder_has_a_durable_consumer_of_erasures() -> None:
    others = {"dsar-receipts", "newsletter-newsletter-chosen", "consent-reader-left"}
    assert {durable.name for durable in DURABLES} == {f"erase-{holder}" for holder in HOLDERS} | others


def test_a_signal_has_no_stream() -> None:
    signal = next(event for event in EVENTS if not event.durable)
    with pytest.raises(ValueError, match="no stream"):
        stream_of(signal)


def test_every_subject_of_the_table_has_one_meaning() -> None:
    subjects = [entry.subject for entry in TABLE]
    assert len(set(subjects)) == len(subjects)


def test_a_role_without_a_connection_is_not_invented() -> None:
    with pytest.raises(KeyError):
        permissions_of("auth", "CONTENT")
