"""What the bus asks: each handler takes the request apart, calls a use case, and puts the answer together."""

from chassis.bus import Answer
from contracts import auth
from contracts.auth import SESSION_COOKIE
from contracts.envelope import HEADER_COOKIE, Caller, CookieToSet
from contracts.errors import ErrorKind, Refusal
from contracts.messages import Done, Empty, Reply
from contracts.personal_data import Locator
from services.auth.domain.accounts import Account
from services.auth.domain.tiers import Tiers
from services.auth.ports import Accounts
from services.auth.usecases.login import LoggingIn
from services.auth.usecases.passwords import Passwords
from services.auth.usecases.refusals import not_signed_in
from services.auth.usecases.registration import Registering
from services.auth.usecases.sessions import SessionControl

# Federation has its place here; a provider becomes available when its adapter and its settings are there.
PROVIDERS = (
    auth.Provider(id="password", title="E-post", available=True),
    auth.Provider(id="feide", title="Feide", available=False),
    auth.Provider(id="google", title="Google", available=False),
    auth.Provider(id="microsoft", title="Microsoft", available=False),
)


class VisitorEndpoints:
    """What anyone may ask for."""

    def __init__(self, registering: Registering, login: LoggingIn, passwords: Passwords, tiers: Tiers) -> None:
        self._registering = registering
        self._login = login
        self._passwords = passwords
        self._tiers = tiers

    async def register(self, request: auth.Register, caller: Caller) -> Done:
        await self._registering.register(request.email, request.password, request.name, caller.language.value)
        return Done()

    async def verify_email(self, request: auth.Token, caller: Caller) -> Done:  # noqa: ARG002 — a handler's shape
        await self._registering.confirm(request.token)
        return Done()

    async def log_in(self, request: auth.Login, caller: Caller) -> Answer:
        signed_in = await self._login.log_in(request.email, request.password, caller.session_id)
        return with_cookie(me(signed_in.account, self._tiers), signed_in.secret)

    async def log_out(self, request: Empty, caller: Caller) -> Answer:  # noqa: ARG002 — a handler's shape
        if caller.account_id is not None and caller.session_id is not None:
            await self._login.log_out(caller.account_id, caller.session_id)
        return with_cookie(Done(), None)

    async def providers(self, request: Empty, caller: Caller) -> auth.Providers:  # noqa: ARG002 — a handler's shape
        return auth.Providers(providers=list(PROVIDERS))

    async def forgot_password(self, request: auth.ForgotPassword, caller: Caller) -> Done:
        await self._passwords.forget(request.email, caller.language.value)
        return Done()

    async def reset_password(self, request: auth.ResetPassword, caller: Caller) -> Done:  # noqa: ARG002 — likewise
        await self._passwords.reset(request.token, request.password)
        return Done()


class AccountEndpoints:
    """What a signed-in account may ask for about itself."""

    def __init__(
        self, accounts: Accounts, login: LoggingIn, passwords: Passwords, control: SessionControl, tiers: Tiers
    ) -> None:
        self._accounts = accounts
        self._login = login
        self._passwords = passwords
        self._control = control
        self._tiers = tiers

    async def me(self, request: Empty, caller: Caller) -> auth.Me:  # noqa: ARG002 — a handler's shape
        account_id, _ = signed_in(caller)
        account = await self._accounts.find(account_id)
        if account is None or not account.usable:
            raise not_signed_in()
        return me(account, self._tiers)

    async def change_password(self, request: auth.ChangePassword, caller: Caller) -> Answer:
        account_id, _ = signed_in(caller)
        secret = await self._passwords.change(account_id, request.current_password, request.password)
        return with_cookie(Done(), secret)

    async def reauthenticate(self, request: auth.Reauthenticate, caller: Caller) -> Answer:
        account_id, session_id = signed_in(caller)
        proved = await self._login.prove_again(account_id, session_id, request.password)
        return with_cookie(auth.StepUp(fresh_until=proved.fresh_until), proved.secret)

    async def sessions(self, request: Empty, caller: Caller) -> auth.Sessions:  # noqa: ARG002 — a handler's shape
        account_id, current = signed_in(caller)
        entries = [
            auth.SessionEntry(
                id=session.id,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                current=session.id == current,
            )
            for session in await self._control.live(account_id)
        ]
        return auth.Sessions(sessions=entries)

    async def revoke_session(self, request: auth.SessionChoice, caller: Caller) -> Done:
        account_id, current = signed_in(caller)
        await self._control.end(account_id, request.id or current)
        return Done()

    async def revoke_other_sessions(self, request: Empty, caller: Caller) -> Done:  # noqa: ARG002 — a handler's shape
        account_id, current = signed_in(caller)
        await self._control.end_others(account_id, current)
        return Done()


class ServiceEndpoints:
    """What the gateway and dsar ask on their own."""

    def __init__(self, accounts: Accounts, control: SessionControl, tiers: Tiers) -> None:
        self._accounts = accounts
        self._control = control
        self._tiers = tiers

    async def authenticate(self, request: auth.Authenticate, caller: Caller) -> auth.Session:  # noqa: ARG002 — likewise
        session, account = await self._control.authenticate(request.secret)
        return auth.Session(
            session_id=session.id,
            account_id=account.id,
            role=account.role,
            tier=account.tier,
            entitlements=list(self._tiers.of(account.tier).entitlements),
            fresh_until=session.fresh_until,
        )

    async def locators(self, request: auth.AccountLocatorsRequest, caller: Caller) -> auth.AccountLocators:  # noqa: ARG002 — likewise
        account = await self._accounts.find(request.account_id)
        if account is None:
            raise Refusal(ErrorKind.NOT_FOUND, "account")
        return auth.AccountLocators(
            values={Locator.ACCOUNT_ID: [account.id], Locator.EMAIL: [account.email]},
            verified_addresses=[account.email] if account.usable else [],
            name=account.name,
        )

    async def block(self, request: auth.BlockAccount, caller: Caller) -> Done:  # noqa: ARG002 — a handler's shape
        await self._control.block(request.account_id)
        return Done()


def signed_in(caller: Caller) -> tuple[str, str]:
    """The caller's account and session."""
    if caller.account_id is None or caller.session_id is None:
        raise not_signed_in()
    return caller.account_id, caller.session_id


def me(account: Account, tiers: Tiers) -> auth.Me:
    """The account as it sees itself."""
    tier = tiers.of(account.tier)
    return auth.Me(
        account_id=account.id,
        email=account.email,
        name=account.name,
        role=account.role,
        tier=account.tier,
        entitlements=list(tier.entitlements),
        quotas=[auth.Quota(tool=one.tool, limit=one.limit, window_seconds=one.window_seconds) for one in tier.quotas],
    )


def with_cookie(reply: Reply, secret: str | None) -> Answer:
    """A reply that also sets, or takes away, the session cookie; it ends with the browser."""
    cookie = CookieToSet(name=SESSION_COOKIE, value=secret)
    return Answer(reply.model_dump_json().encode(), {HEADER_COOKIE: cookie.model_dump_json()})
