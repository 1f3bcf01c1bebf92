"""Step 1: the start page leaves nothing behind before a choice; the choice is recorded and shown with a receipt."""

import re
from html.parser import HTMLParser

from tests.support.people import Person, somebody
from tests.support.platform import Platform
from tests.support.problems import problem

COOKIE_PURPOSES = ("analytics", "marketing")
PURPOSES = {"text_tools", "voice_tools", "newsletter", *COOKIE_PURPOSES}


class Loaded(HTMLParser):
    """What a browser fetches for a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline_scripts = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline_scripts += tag == "script" and not given.get("src")
        if tag in {"script", "img", "iframe", "source", "audio", "video"} and given.get("src"):
            self.addresses.append(given["src"] or "")
        if tag == "link" and given.get("href"):
            self.addresses.append(given["href"] or "")


async def test_the_start_page_and_all_that_it_loads_set_no_cookie(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        page = await visitor.browser.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "set-cookie" not in page.headers
        for address in Loaded(page.text).addresses:
            part = await visitor.browser.get(address)
            assert part.status_code == 200, address
            assert "set-cookie" not in part.headers


async def test_the_start_page_loads_nothing_from_elsewhere(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        page = await visitor.browser.get("/")
    loaded = Loaded(page.text)
    assert loaded.addresses
    assert not [address for address in loaded.addresses if re.match(r"(?:[a-z]+:)?//", address)]
    assert loaded.inline_scripts == 0
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_what_a_visitor_asks_before_the_choice_sets_no_cookie_either(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        for path in ("/api/policy", "/api/consent", "/api/consent/receipts", "/api/text/tools", "/api/auth/providers"):
            answer = await visitor.browser.get(path)
            assert answer.status_code == 200, path
            assert "set-cookie" not in answer.headers
        assert visitor.browser.cookies == {}


async def test_nothing_is_consented_to_before_the_choice(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        state = (await visitor.browser.get("/api/consent")).json()
    assert state["purposes"] == dict.fromkeys(PURPOSES, False)
    assert state["chosen"] is False
    assert state["notice_version"]


async def chosen(visitor: Person, given: bool) -> str:
    """Choose for all cookie purposes; the Set-Cookie header of the answer."""
    version = (await visitor.browser.get("/api/consent")).json()["notice_version"]
    body = {"purposes": dict.fromkeys(COOKIE_PURPOSES, given), "notice_version": version}
    answer = await visitor.browser.put("/api/consent", body)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["set-cookie"])


async def test_an_acceptance_is_recorded_and_shown_back_with_its_receipt(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        answer = await visitor.consents(analytics=True)
        assert answer["purposes"]["analytics"] is True
        receipt = answer["receipt"]
        assert receipt["purposes"] == {"analytics": True}
        assert len(receipt["notice_hash"]) == 64
        assert receipt["notice_version"] == answer["notice_version"]
        state = (await visitor.browser.get("/api/consent")).json()
        assert state["purposes"] == {**dict.fromkeys(PURPOSES, False), "analytics": True}
        assert state["chosen"] is True
        history = (await visitor.browser.get("/api/consent/receipts")).json()["receipts"]
        assert [entry["receipt_id"] for entry in history] == [receipt["receipt_id"]]


async def test_the_choice_is_kept_in_a_cookie_that_only_our_pages_send(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        cookie = await chosen(visitor, given=True)
    assert cookie.startswith("__Host-visitor=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)


async def test_those_who_accept_get_a_random_id_and_those_who_refuse_get_none(platform: Platform) -> None:
    async with somebody(platform) as one, somebody(platform) as another:
        accepted = [await chosen(visitor, given=True) for visitor in (one, another)]
        assert accepted[0] != accepted[1]
        assert len(one.browser.cookies["__Host-visitor"]) >= 16
        refused = [await chosen(visitor, given=False) for visitor in (one, another)]
    values = [re.sub(r"\d", "0", cookie.split(";")[0]) for cookie in refused]
    assert values[0] == values[1], "a refusal holds something of its own"


async def test_a_refusal_is_a_choice_with_a_receipt_and_is_not_asked_again(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        answer = await visitor.consents(analytics=False, marketing=False)
        assert answer["receipt"]["purposes"] == {"analytics": False, "marketing": False}
        state = (await visitor.browser.get("/api/consent")).json()
        assert state["chosen"] is True
        assert state["purposes"] == dict.fromkeys(PURPOSES, False)


async def test_a_visitor_may_refuse_everything_by_name_and_consent_to_what_is_theirs_only(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        answer = await visitor.consents(**dict.fromkeys(PURPOSES, False))
        assert answer["receipt"]["purposes"] == dict.fromkeys(PURPOSES, False)
        assert "id:" not in visitor.browser.cookies["__Host-visitor"]
        version = answer["notice_version"]
        body = {"purposes": {"text_tools": True, "analytics": False}, "notice_version": version}
        problem(await visitor.browser.put("/api/consent", body), 401, "unauthenticated")


async def test_withdrawing_all_takes_the_id_out_of_the_browser(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        await visitor.consents(analytics=True)
        with_id = visitor.browser.cookies["__Host-visitor"]
        answer = await visitor.browser.delete("/api/consent")
        assert answer.status_code == 200, answer.text
        assert not any(answer.json()["purposes"].values())
        assert len(visitor.browser.cookies.get("__Host-visitor", "")) < len(with_id)


async def test_a_choice_under_another_notice_is_refused_and_told_the_one_in_force(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        body = {"purposes": {"analytics": True}, "notice_version": "1999-01-01"}
        told = problem(await visitor.browser.put("/api/consent", body), 409, "conflict")
        assert told["current"] == (await visitor.browser.get("/api/policy")).json()["version"]


async def test_account_purposes_need_an_account(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        version = (await visitor.browser.get("/api/consent")).json()["notice_version"]
        body = {"purposes": {"text_tools": True}, "notice_version": version}
        problem(await visitor.browser.put("/api/consent", body), 401, "unauthenticated")


async def test_the_policy_names_purposes_processors_cookies_and_who_answers(platform: Platform) -> None:
    async with somebody(platform) as visitor:
        policy = (await visitor.browser.get("/api/policy")).json()
        assert policy["controller"]["name"] == "Midgard AI AS"
        assert {"sv", "nb", "en"} <= set(policy["languages"])
        assert len(policy["purposes"]) == len(PURPOSES)
        assert {"__Host-session", "__Host-visitor"} <= {cookie["name"] for cookie in policy["cookies"]}
        for language in ("sv", "nb", "en"):
            text = (await visitor.browser.get(f"/api/policy/{policy['version']}/{language}")).json()
            assert "Midgard AI AS" in text["markdown"]
            assert re.fullmatch(r"[0-9a-f]{64}", text["hash"])
