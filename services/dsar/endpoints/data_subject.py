"""What a data subject asks: open a case, see it, fetch the data, the package, the certificate."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from chassis.bus import Answer, MediaType
from contracts.consent import VISITOR_COOKIE
from contracts.dsar import (
    Case,
    CaseChoice,
    Cases,
    CertificateChoice,
    HolderProgress,
    Lookup,
    Open,
    PackageChoice,
    RecipientProgress,
    Right,
    State,
)
from contracts.envelope import HEADER_COOKIE, Caller, CookieToSet
from contracts.errors import ErrorKind, Refusal
from contracts.messages import Done, Empty
from services.dsar.domain.case import CaseView, Held
from services.dsar.ports import Clock, Documents, Requests
from services.dsar.usecases.certify import IssueCertificate, as_file
from services.dsar.usecases.gather import Gather
from services.dsar.usecases.look_up import LookUp
from services.dsar.usecases.open_request import OpenRequest
from services.dsar.usecases.see_case import SeeCase

HTML = MediaType("text/html; charset=utf-8")
PACKAGE_TYPES = {"zip": MediaType("application/zip"), "json": MediaType("application/json"), "html": HTML}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSubjectEndpoints:
    """The handlers, and what they hand on to."""

    opening: OpenRequest
    seeing: SeeCase
    gathering: Gather
    certifying: IssueCertificate
    looking_up: LookUp
    requests: Requests
    documents: Documents
    clock: Clock

    async def open(self, request: Open, caller: Caller) -> Answer:
        """Open a case. A new erasure covers this browser's visitor id, and its cookie is removed."""
        opened, is_new = await self.opening.open(request, caller)
        headers = {}
        if is_new and opened.right is Right.ERASURE and caller.visitor_id is not None:
            headers[HEADER_COOKIE] = CookieToSet(name=VISITOR_COOKIE, value=None).model_dump_json()
        return Answer(opened.model_dump_json().encode(), headers)

    async def cases(self, request: Empty, caller: Caller) -> Cases:  # noqa: ARG002 — a handler's shape
        """The account's cases, newest first."""
        return Cases(requests=[_shown(case) for case in await self.requests.cases_of(_account(caller))])

    async def case(self, request: CaseChoice, caller: Caller) -> Case:
        """One case."""
        return _shown(await self.seeing.see(request.id, caller))

    async def lookup(self, request: Lookup, caller: Caller) -> Done:
        """Write to an address; the answer is always the same."""
        await self.looking_up.look_up(request.email, caller.language.value)
        return Done()

    async def data(self, request: Empty, caller: Caller) -> AsyncIterator[bytes]:  # noqa: ARG002 — a handler's shape
        """Everything held about the account and its browser."""
        pieces = self.gathering.pieces(_account(caller), caller.visitor_id)
        async with aclosing(self.documents.data(pieces, self.clock.now())) as chunks:
            async for chunk in chunks:
                yield chunk

    async def package(self, request: PackageChoice, caller: Caller) -> AsyncIterator[bytes | MediaType]:
        """The package of an access or portability case, built now."""
        await self.seeing.package_of(request.id, caller)
        async with aclosing(self._packed(request.form, caller)) as chunks:
            first = await anext(chunks)  # a service that is away refuses here, before the media type is stated
            yield PACKAGE_TYPES[request.form]
            yield first
            async for chunk in chunks:
                yield chunk

    def _packed(self, form: str, caller: Caller) -> AsyncGenerator[bytes, None]:
        pieces, now = self.gathering.pieces(_account(caller), caller.visitor_id), self.clock.now()
        if form == "json":
            return self.documents.data(pieces, now)
        if form == "html":
            return self.documents.page(pieces, now, caller.language.value)
        return self.documents.package(pieces, now, caller.language.value)

    async def certificate(self, request: CertificateChoice, caller: Caller) -> AsyncIterator[bytes | MediaType]:
        """The certificate, as JSON in its canonical form or as a page."""
        case = await self.seeing.see(request.id, caller)
        certificate = await self.certifying.issue(case)
        if request.form == "html":
            yield HTML
            yield self.documents.certificate_page(certificate, caller.language.value)
        else:
            yield as_file(certificate)


def _account(caller: Caller) -> str:
    if caller.account_id is None:
        raise Refusal(ErrorKind.UNAUTHENTICATED, "no-account")
    return caller.account_id


def _shown(case: CaseView) -> Case:
    return Case(
        id=case.id,
        right=Right(case.right),
        state=State(case.state),
        received_at=case.received_at,
        due_at=case.due_at,
        holders=[
            HolderProgress(holder=held.holder, state=_state(held), at=held.received_at)
            for held in case.holders
            if not held.recipient
        ],
        recipients=[
            RecipientProgress(recipient=held.holder, state=_state(held), at=held.received_at)
            for held in case.holders
            if held.recipient
        ],
    )


def _state(held: Held) -> str:
    if held.received_at is not None:
        return "done"
    return "waiting" if held.refused is None else "refused"
