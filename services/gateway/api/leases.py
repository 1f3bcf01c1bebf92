"""What a streamed answer rests on, and the ways it ends early: its reader leaves, or its ground is gone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contracts.auth import SessionsRevoked
from contracts.consent import ConsentChanged
from contracts.envelope import Caller
from contracts.errors import ErrorKind, Refusal
from services.gateway.api.http_request import HttpRequest


class StreamLease:
    """An admitted request for a stream: whose session and which consent it rests on.

    It interrupts the task that serves the request, once: with a refusal when we end it, without when its reader left.
    """

    def __init__(self, caller: Caller, purpose: str | None, task: "asyncio.Task[Any]") -> None:
        self.account_id = caller.account_id or ""
        self.session_id = caller.session_id
        self.purpose = purpose
        self.refusal: Refusal | None = None
        self._task = task
        self._interrupted = False
        self._over = False

    def end(self, refusal: Refusal) -> None:
        """End it from our side."""
        self._interrupt(refusal)

    def reader_left(self) -> None:
        """The connection is gone: nobody reads the answer any more."""
        self._interrupt(None)

    def over(self) -> None:
        """The answer is through: nothing is left to interrupt."""
        self._over = True

    def check(self) -> None:
        """Go on only if nothing ended it meanwhile.

        Raises:
            Refusal: what ended it.
        """
        if self.refusal is not None:
            raise self.refusal

    def caused(self) -> bool:
        """Whether the cancellation that the task has just met is ours; it is then taken back."""
        if self._interrupted:
            self._task.uncancel()
        return self._interrupted

    def _interrupt(self, refusal: Refusal | None) -> None:
        if not (self._over or self._interrupted):
            self._interrupted, self.refusal = True, refusal
            self._task.cancel()


class StreamLeases:
    """The leases by account, so that a withdrawal or a revoked session ends them."""

    def __init__(self) -> None:
        self._by_account: dict[str, set[StreamLease]] = {}

    @contextmanager
    def begin(self, request: HttpRequest, caller: Caller, purpose: str | None) -> Iterator[StreamLease]:
        """Hold a lease for the current task; between admission and this, nothing may be awaited."""
        task = asyncio.current_task()
        assert task is not None, "a request is served in a task"  # noqa: S101 — for the type checker
        lease = StreamLease(caller, purpose, task)
        self._by_account.setdefault(lease.account_id, set()).add(lease)
        client = request.client
        if client is not None:
            client.on_left(lease.reader_left)
        try:
            yield lease
        finally:
            lease.over()
            if client is not None:
                client.on_left(None)
            self._remove(lease)

    def consent_changed(self, message: ConsentChanged) -> None:
        """End the streams that rest on a consent that was withdrawn."""
        withdrawn = {purpose.value for purpose in message.withdrawn}
        for lease in self._of(message.account_id):
            if lease.purpose in withdrawn:
                lease.end(Refusal(ErrorKind.CONSENT_REQUIRED, "withdrawn", purpose=lease.purpose))

    def sessions_revoked(self, message: SessionsRevoked) -> None:
        """End the streams of the revoked sessions; no ids means all of the account's."""
        for lease in self._of(message.account_id):
            if not message.session_ids or lease.session_id in message.session_ids:
                lease.end(Refusal(ErrorKind.UNAUTHENTICATED, "session-revoked"))

    def end_all(self) -> None:
        """This gateway ends: say so to everybody who still waits."""
        for account_id in list(self._by_account):
            for lease in self._of(account_id):
                lease.end(Refusal(ErrorKind.UNAVAILABLE, "ending", retry_after_seconds=1))

    def _of(self, account_id: str | None) -> list[StreamLease]:
        return list(self._by_account.get(account_id or "", ()))

    def _remove(self, lease: StreamLease) -> None:
        of_account = self._by_account.get(lease.account_id, set())
        of_account.discard(lease)
        if not of_account:
            self._by_account.pop(lease.account_id, None)
