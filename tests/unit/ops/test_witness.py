"""The witness: what it saw once is the beginning of what it sees later, or it says so."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from contracts.receipt_log import Consistency, LogKeys
from kernel import merkle
from kernel.signature import public_key_of
from ops.witness import ANSWER_BYTES_MAX, main
from services.dsar.domain.log_keys import KeysOfSettings
from services.dsar.usecases.keep_log import KeepLog
from tests.support.certificates import Issuing
from tests.support.clock import FakeClock
from tests.support.receipt_logs import FakeReceiptLog

FIRST, SECOND = "01" * 32, "02" * 32
KEYS = KeysOfSettings(log_seed=FIRST, replaced_log_seed=None, receipt_keys={"auth": public_key_of("03" * 32)})


class Platform:
    """The public addresses of a log that can be swapped for another; `garbage` answers everything."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.garbage: bytes | None = None
        self.url = ""
        self.start_log()

    def start_log(self, keys: KeysOfSettings = KEYS) -> None:
        self.log, self.keys = FakeReceiptLog(), keys
        self.publish(0)

    def publish(self, receipts: int) -> None:
        """A day with so many receipts."""
        self.clock.advance(timedelta(days=1))
        leaves = [merkle.leaf_hash(f"{self.clock.now()} {number}".encode()) for number in range(receipts)]
        asyncio.run(self.log.append(leaves))
        asyncio.run(KeepLog(self.log, self.clock, self.keys).keep())

    def answer(self, address: str) -> bytes:
        if self.garbage is not None:
            return self.garbage
        parts = urlsplit(address)
        if parts.path == "/api/privacy/log":
            head = asyncio.run(self.log.head())
            assert head is not None
            return head.model_dump_json().encode()
        if parts.path == "/api/privacy/log/keys":
            known = asyncio.run(self.log.published_keys())
            assert known is not None
            keys = [key.model_dump(mode="json") for key in known.keys]
            content = {"log_key": self.keys.log_key, "tree_size": known.tree_size, "keys": keys}
            return LogKeys.model_validate(content).model_dump_json().encode()
        first, second = (int(parse_qs(parts.query)[name][0]) for name in ("first", "second"))
        proof = asyncio.run(self.log.consistency(first, second))
        return Consistency(first=first, second=second, proof=proof or []).model_dump_json().encode()


@pytest.fixture
def platform() -> Iterator[Platform]:
    known = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(known.answer(self.path))

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield known
        server.shutdown()


class Witness:
    def __init__(self, platform: Platform, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._platform = platform
        self.state = state
        self._capsys = capsys

    def looks(self, *options: str) -> tuple[int, str]:
        """The status, and everything that it said."""
        status = main([self._platform.url, "--state", str(self.state), *options])
        said = self._capsys.readouterr()
        return status, said.out + said.err


@pytest.fixture
def witness(platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Witness:
    return Witness(platform, tmp_path / "witness.json", capsys)


def test_a_log_that_only_grows_holds_through_changes_of_its_keys(platform: Platform, witness: Witness) -> None:
    status, words = witness.looks()
    assert status == 0
    assert words.lstrip().startswith("! NOBODY VOUCHES")
    for receipts in (0, 300, 7):
        platform.publish(receipts)
        status, words = witness.looks()
        assert status == 0, words
        assert "nothing was changed or removed" in words
    platform.keys = replace(KEYS, log_seed=SECOND, replaced_log_seed=FIRST)
    platform.publish(3)
    status, words = witness.looks("--trust", public_key_of(FIRST))
    assert status == 0, words
    assert "replaced 1 times" in words
    assert "NOBODY" not in words


def test_a_log_that_was_made_anew_with_the_same_keys_is_found_out(platform: Platform, witness: Witness) -> None:
    platform.publish(9)
    assert witness.looks()[0] == 0
    seen = witness.state.read_bytes()
    platform.start_log()
    assert "shrunk" in witness.looks()[1]
    for _ in range(4):
        platform.publish(9)
    status, words = witness.looks()
    assert status == 1
    assert "was rewritten" in words
    assert "THE LOG DOES NOT HOLD" in words
    assert witness.state.read_bytes() == seen, "the evidence stays"


def test_a_head_by_a_key_that_was_never_announced_is_found_out(platform: Platform, witness: Witness) -> None:
    platform.start_log(replace(KEYS, log_seed=SECOND))
    assert witness.looks("--trust", public_key_of(FIRST))[1].count("✗ the key that was given") == 1
    assert not witness.state.exists()


@pytest.mark.parametrize("garbage", [b"", b"{}", b"[1]", b"\xff" * 100, b"9" * (ANSWER_BYTES_MAX + 1)])
def test_of_an_answer_that_is_none_nothing_is_learnt(platform: Platform, witness: Witness, garbage: bytes) -> None:
    assert witness.looks()[0] == 0
    seen = witness.state.read_bytes()
    platform.garbage = garbage
    status, words = witness.looks()
    assert status == 1
    assert "Nothing was learnt" in words
    assert witness.state.read_bytes() == seen


def test_a_certificate_rests_on_the_public_log_or_on_another(
    platform: Platform, witness: Witness, tmp_path: Path
) -> None:
    files = [tmp_path / "genuine.json", tmp_path / "of-another-log.json"]
    for file, log in zip(files, (platform.log, None), strict=True):
        issuing = Issuing()
        issuing.log_seed = FIRST
        issuing.seeds = {"auth": "03" * 32}
        issuing.services, issuing.recipients = {"auth": "auth"}, []
        issuing.log = log or issuing.log
        file.write_bytes(asyncio.run(issuing.issue()))
    status, words = witness.looks("--certificate", str(files[0]))
    assert status == 1
    assert "look again within a day" in words
    platform.publish(0)
    status, words = witness.looks("--certificate", str(files[0]))
    assert status == 0, words
    assert "is the beginning of the public one" in words
    status, words = witness.looks("--certificate", str(files[1]))
    assert status == 1
    assert "rests on another log" in words


def test_nobody_answers(witness: Witness, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:9", "--state", str(witness.state)]) == 1
    assert "could not be reached" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{}", b"not JSON"])
def test_a_state_that_is_none_is_not_overwritten(witness: Witness, content: bytes) -> None:
    witness.state.write_bytes(content)
    status, words = witness.looks()
    assert status == 1
    assert "not the shape" in words
    assert "Nothing was learnt" in words
    assert witness.state.read_bytes() == content


@pytest.mark.parametrize("arguments", [[], ["ftp://larabot.example"], ["https://larabot.example", "--trust", "x"]])
def test_wrong_arguments_end_with_one(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
