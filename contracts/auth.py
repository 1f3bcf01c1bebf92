"""Who is calling: registration, login, sessions, the account itself."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from contracts.envelope import Audience
from contracts.errors import ErrorKind
from contracts.fields import SECRET_MAX, AnyPassword, Email, Name, OpaqueId, Password, Secret
from contracts.messages import Done, Empty, Reply, Request
from contracts.personal_data import Locator
from contracts.table import Call, Event, Http, Limit

SESSION_COOKIE = "__Host-session"


class Register(Request):
    """A new account by e-mail and password; a caller never learns whether the address was known."""

    email: Email
    password: Password
    name: Name


class Token(Request):
    """The secret of a mailed link, posted by the page that the link opened."""

    token: Secret


class Login(Request):
    """E-mail and password."""

    email: Email
    password: AnyPassword


class Quota(Reply):
    """How often the account's tier may use a kind of tool in each window."""

    tool: str
    limit: int
    window_seconds: int


class Me(Reply):
    """The signed-in account. `tier` decides tools and limits; ids are opaque."""

    account_id: str
    email: str
    name: str
    role: str
    tier: str
    entitlements: list[str]
    quotas: list[Quota]


class ForgotPassword(Request):
    """Ask for a reset link."""

    email: Email


class ResetPassword(Request):
    """Set a new password with the secret of the mailed link."""

    token: Secret
    password: Password


class ChangePassword(Request):
    """Set a new password while signed in; the current one proves who asks."""

    current_password: AnyPassword
    password: Password


class Reauthenticate(Request):
    """Prove again who is signed in (step-up)."""

    password: AnyPassword


class StepUp(Reply):
    """Until when the session counts as proved just now."""

    fresh_until: datetime


class SessionEntry(Reply):
    """One live session, as its owner sees it."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class Sessions(Reply):
    """The live sessions of an account."""

    sessions: list[SessionEntry]


class SessionChoice(Request):
    """Which session to revoke; none means all others."""

    id: OpaqueId | None = None


class Provider(Reply):
    """A way to log in; a federated one that is not configured is listed as unavailable."""

    id: str
    title: str
    available: bool


class Providers(Reply):
    """The ways to log in."""

    providers: list[Provider]


class Authenticate(Request):
    """The session cookie's value, as the browser sent it."""

    secret: Annotated[str, StringConstraints(min_length=1, max_length=SECRET_MAX)]


class Session(Reply):
    """The account behind a session cookie, for the gateway."""

    session_id: str
    account_id: str
    role: str
    tier: str
    entitlements: list[str]
    fresh_until: datetime


class AccountLocatorsRequest(Request):
    """Ask which identifiers belong to an account."""

    account_id: OpaqueId


class AccountLocators(Reply):
    """The account's identifiers, and its verified addresses (for letters): none once it is being erased."""

    values: dict[Locator, list[str]]
    verified_addresses: list[str]
    name: str


class BlockAccount(Request):
    """Revoke every session of an account and refuse new ones: the first step of an erasure."""

    account_id: OpaqueId


class SessionsRevoked(Reply):
    """Sessions that no gateway may honour any more; no ids means: all of the account's."""

    account_id: str
    session_ids: list[str] = []


# Whatever hashes a password may have to wait for up to 127 others, on a machine that has more to do.
HASHING_SECONDS = 10.0

REGISTER = Call(
    owner="auth",
    name="register",
    request=Register,
    reply=Done,
    deadline_seconds=HASHING_SECONDS,
    http=Http(
        method="POST",
        path="/api/auth/register",
        audience=Audience.VISITOR,
        status=202,
        summary="Register with e-mail and password; answers alike for known and unknown addresses",
        creates=True,
        empty=True,
        limit=Limit.REGISTER,
    ),
)
VERIFY_EMAIL = Call(
    owner="auth",
    name="verify_email",
    request=Token,
    reply=Done,
    http=Http(
        method="POST",
        path="/api/auth/verify-email",
        audience=Audience.VISITOR,
        refuses=(ErrorKind.GONE,),
        summary="Confirm the address with the secret of the mailed link",
    ),
)
LOGIN = Call(
    owner="auth",
    name="login",
    request=Login,
    reply=Me,
    deadline_seconds=HASHING_SECONDS,
    http=Http(
        method="POST",
        path="/api/auth/login",
        audience=Audience.VISITOR,
        sets_cookie=True,
        refuses=(ErrorKind.UNAUTHENTICATED,),
        summary="Log in with e-mail and password",
        limit=Limit.LOGIN,
    ),
)
LOGOUT = Call(
    owner="auth",
    name="logout",
    request=Empty,
    reply=Done,
    http=Http(
        method="POST",
        path="/api/auth/logout",
        audience=Audience.VISITOR,
        status=204,
        sets_cookie=True,
        summary="End the session",
        empty=True,
    ),
)
PROVIDERS = Call(
    owner="auth",
    name="providers",
    request=Empty,
    reply=Providers,
    personal_data=False,
    http=Http(method="GET", path="/api/auth/providers", audience=Audience.VISITOR, summary="The ways to log in"),
)
FORGOT_PASSWORD = Call(
    owner="auth",
    name="forgot_password",
    request=ForgotPassword,
    reply=Done,
    http=Http(
        method="POST",
        path="/api/auth/password/forgot",
        audience=Audience.VISITOR,
        status=202,
        empty=True,
        summary="Ask for a reset link; answers alike for all addresses",
        limit=Limit.MAIL,
    ),
)
RESET_PASSWORD = Call(
    owner="auth",
    name="reset_password",
    request=ResetPassword,
    reply=Done,
    deadline_seconds=HASHING_SECONDS,
    http=Http(
        method="POST",
        path="/api/auth/password/reset",
        audience=Audience.VISITOR,
        refuses=(ErrorKind.GONE,),
        summary="Set a new password with the mailed secret; ends every session",
        limit=Limit.LOGIN,
    ),
)
CHANGE_PASSWORD = Call(
    owner="auth",
    name="change_password",
    request=ChangePassword,
    reply=Done,
    deadline_seconds=HASHING_SECONDS,
    http=Http(
        method="POST",
        path="/api/auth/password/change",
        audience=Audience.ACCOUNT,
        sets_cookie=True,
        summary="Change the password; ends the other sessions",
        limit=Limit.LOGIN,
    ),
)
REAUTHENTICATE = Call(
    owner="auth",
    name="reauthenticate",
    request=Reauthenticate,
    reply=StepUp,
    deadline_seconds=HASHING_SECONDS,
    http=Http(
        method="POST",
        path="/api/auth/reauthenticate",
        audience=Audience.ACCOUNT,
        sets_cookie=True,
        summary="Prove again who is signed in (step-up)",
        limit=Limit.LOGIN,
    ),
)
SESSIONS = Call(
    owner="auth",
    name="sessions",
    request=Empty,
    reply=Sessions,
    http=Http(method="GET", path="/api/auth/sessions", audience=Audience.ACCOUNT, summary="The live sessions"),
)
REVOKE_SESSIONS = Call(
    owner="auth",
    name="revoke_other_sessions",
    request=Empty,
    reply=Done,
    http=Http(
        method="DELETE",
        path="/api/auth/sessions",
        audience=Audience.ACCOUNT,
        status=204,
        empty=True,
        summary="End all other sessions",
    ),
)
REVOKE_SESSION = Call(
    owner="auth",
    name="revoke_session",
    request=SessionChoice,
    reply=Done,
    http=Http(
        method="DELETE",
        path="/api/auth/sessions/{id}",
        audience=Audience.ACCOUNT,
        status=204,
        empty=True,
        summary="End one session",
    ),
)
ME = Call(
    owner="auth",
    name="me",
    request=Empty,
    reply=Me,
    http=Http(method="GET", path="/api/me", audience=Audience.ACCOUNT, summary="The signed-in account"),
)
AUTHENTICATE = Call(owner="auth", name="authenticate", request=Authenticate, reply=Session)
ACCOUNT_LOCATORS = Call(
    owner="auth",
    name="locators",
    request=AccountLocatorsRequest,
    reply=AccountLocators,
    callers=("dsar", "newsletter"),
)
BLOCK_ACCOUNT = Call(owner="auth", name="block", request=BlockAccount, reply=Done, callers=("dsar",))
SESSIONS_REVOKED = Event(
    owner="auth",
    entity="sessions",
    past="revoked",
    model=SessionsRevoked,
    consumers=("gateway",),
    durable=False,
)

CONTRACTS = (
    REGISTER, VERIFY_EMAIL, LOGIN, LOGOUT, PROVIDERS, FORGOT_PASSWORD, RESET_PASSWORD, CHANGE_PASSWORD,
    REAUTHENTICATE, SESSIONS, REVOKE_SESSIONS, REVOKE_SESSION, ME, AUTHENTICATE, ACCOUNT_LOCATORS, BLOCK_ACCOUNT,
    SESSIONS_REVOKED,
)  # fmt: skip
