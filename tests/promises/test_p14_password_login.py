"""P14: With e-mail and password only the listed information is stored, and no readable password anywhere."""

import re

import pytest

from tests.support.canary import Canary
from tests.support.notice import listed_in_the_notice
from tests.support.people import a_teacher, secret_of, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.rights import CaseFollowed
from tests.support.spans import SpanSink
from tests.support.stores import Stores
from tests.support.tables import columns, rows

pytestmark = pytest.mark.promise("P14")

NOTICE = {
    "E-postadress": {"email"},
    "Namn": {"name"},
    "En envägskod (hash) av lösenordet, aldrig lösenordet självt": {"password_hash"},
    "Om adressen är bekräftad och om en återställning pågår": {"status", "token_hash"},
    "Tidpunkter för registrering och inloggning": {
        *("created_at", "changed_at", "last_login_at", "last_seen_at", "authenticated_at"),
    },
    "Språk, roll och användarnivå": {"language", "role", "tier"},
    "Slumpade nummer för kontot och för de webbläsare där du är inloggad": {"id", "account_id", "secret_hash"},
}
LISTED = {
    "registration": {"token_hash", "email", "name", "password_hash", "language", "created_at"},
    "account": {"id", "email", "name", "role", "tier", "language", "status", "created_at", "last_login_at"},
    "credential": {"account_id", "password_hash", "changed_at", "last_login_at"},
    "reset_token": {"token_hash", "account_id", "created_at"},
    "session": {"id", "account_id", "secret_hash", "created_at", "last_seen_at", "authenticated_at"},
}
ARGON2ID = re.compile(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43,}")
# Which key a row is sealed under, and the keyed hash that an address is found by.
SEALING = {"sealed_by", "email_index"}


async def test_the_published_notice_lists_what_is_stored(platform: Platform) -> None:
    assert await listed_in_the_notice(platform, "E-post och lösenord inloggning") == list(NOTICE)
    assert set().union(*NOTICE.values()) == set().union(*LISTED.values())


@pytest.mark.parametrize("table", LISTED)
def test_the_columns_are_the_listed_ones(platform: Platform, table: str) -> None:
    assert columns(platform, "auth", table) - SEALING == LISTED[table]


async def test_a_password_is_stored_as_argon2id_of_sufficient_cost(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        account_id = (await anna.me())["account_id"]
    (stored,) = [row for row in rows(platform, "auth", "credential") if row["account_id"] == account_id]
    found = ARGON2ID.fullmatch(stored["password_hash"])
    assert found
    memory_kib, passes, lanes = (int(number) for number in found.groups())
    assert (memory_kib, passes, lanes) >= (19_456, 2, 1)


async def test_equal_passwords_do_not_look_alike(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as berit:
        berit.password_canary = anna.password_canary
        await berit.registers()
    hashes = [row["password_hash"] for row in rows(platform, "auth", "credential")]
    assert len(hashes) == len(set(hashes))


async def test_no_password_is_readable_anywhere_whatever_was_done_with_it(
    platform: Platform, stores: Stores, spans: SpanSink
) -> None:
    earlier = len(spans.exports())
    async with somebody(platform) as anna:
        passwords = [Canary() for _ in range(6)]
        first, second, third, wrong, weak, misplaced = (f"ett lösenord {canary}" for canary in passwords)
        register = "/api/auth/register"
        problem(
            await anna.browser.post(register, {"email": anna.email, "name": anna.name, "password": weak * 9}),
            422,
            "invalid",
        )
        await anna.browser.post(register, {"email": anna.email, "name": anna.name, "password": first})
        mail = await platform.next_mail(anna.email)
        await anna.browser.post("/api/auth/verify-email", {"token": secret_of(mail)})
        login = "/api/auth/login"
        problem(await anna.browser.post(login, {"email": anna.email, "password": wrong}), 401, "unauthenticated")
        problem(await anna.browser.post(login, {"email": misplaced, "password": first}), 422, "invalid")
        assert (await anna.browser.post(login, {"email": anna.email, "password": first})).status_code == 200
        assert (await anna.browser.post("/api/auth/reauthenticate", {"password": first})).status_code == 200
        change = {"current_password": first, "password": second}
        assert (await anna.browser.post("/api/auth/password/change", change)).status_code == 200
        await anna.browser.post("/api/auth/password/forgot", {"email": anna.email})
        reset = await platform.next_mail(anna.email, page="/password/reset")
        answer = await anna.browser.post("/api/auth/password/reset", {"token": secret_of(reset), "password": third})
        assert answer.status_code == 200, answer.text
        assert (await anna.browser.post(login, {"email": anna.email, "password": third})).status_code == 200
    await spans.until_exported(b"rpc.auth.v1.reset_password", after=earlier)
    assert stores.holding(passwords, with_mail=True) == {}
    sent = [
        str(request) for vendor in ("azure_openai", "brevo", "posthog") for request in platform.emu(vendor).requests()
    ]
    assert not [canary for canary in passwords if canary.is_in(" ".join(sent).encode())]


async def test_no_session_can_be_taken_from_the_stores(platform: Platform, stores: Stores) -> None:
    async with a_teacher(platform) as anna:
        assert stores.holding([Canary(anna.browser.cookies["__Host-session"])], with_mail=True) == {}


async def test_the_secret_of_a_case_is_not_stored(platform: Platform, stores: Stores) -> None:
    async with a_teacher(platform) as anna:
        opened = await anna.invokes("erasure")
        await CaseFollowed(anna, opened).until("closed")
        assert stores.holding([Canary(opened["case_secret"])]) == {}
