"""Step 6: everything stored about a person in every service, on a page and as a download."""

import io
import json
import zipfile

from contracts.holder import SERVICES
from tests.support.people import a_teacher, somebody
from tests.support.platform import Platform
from tests.support.problems import problem
from tests.support.rights import CaseFollowed, data_of, rows_by_store

TOLD = ("purpose", "legal_basis", "retention", "source", "recipients", "categories")


async def test_my_data_shows_what_every_service_holds(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        await anna.subscribes()
        await anna.uses("Solen skiner och barnen leker.")
        document = await data_of(anna)
    services = {entry["service"] for entry in document["services"]}
    assert services == set(SERVICES)
    holding = {service for service, _ in rows_by_store(document)}
    assert {"auth", "consent", "newsletter", "textproxy"} <= holding
    assert anna.email in json.dumps(rows_by_store(document)["auth", "account"], ensure_ascii=False)


async def test_every_store_says_why_on_which_ground_and_for_how_long(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        document = await data_of(anna)
    stores = [store for service in document["services"] for store in service["stores"]]
    assert stores
    untold = [f"{store['store']}.{name}" for store in stores for name in TOLD if name not in store]
    assert untold == []


async def test_nobodys_secrets_are_in_it(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        shown = json.dumps(await data_of(anna), ensure_ascii=False)
        cookie = anna.browser.cookies["__Host-session"]
    assert "argon2" not in shown
    assert cookie not in shown
    assert str(anna.password_canary) not in shown


async def test_another_persons_data_is_not_in_it(platform: Platform) -> None:
    async with a_teacher(platform) as anna, a_teacher(platform) as berit:
        assert str(berit.canary) not in json.dumps(await data_of(anna), ensure_ascii=False)


async def test_the_download_is_a_page_to_read_and_a_file_for_programs(platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as anna:
        case = CaseFollowed(anna, await anna.invokes("access"))
        await case.until("closed")
        answer = await anna.browser.get(f"/api/privacy/requests/{case.id}/package")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
        assert {"data.json", "data.html"} <= set(package.namelist())
        data, page = json.loads(package.read("data.json")), package.read("data.html").decode()
    assert anna.email in json.dumps(data, ensure_ascii=False)
    assert anna.email in page
    assert "<script" not in page.lower()


async def test_the_owner_is_told_by_mail_that_somebody_asks_for_the_data(platform: Platform) -> None:
    async with a_teacher(platform) as anna:
        opened = await anna.invokes("access")
        mail = await platform.next_mail(anna.email, after=1)
    assert opened["id"] in mail["text"]


async def test_a_package_is_for_its_owner_only(platform: Platform) -> None:
    async with a_teacher(platform) as anna, a_teacher(platform) as mallory, somebody(platform) as visitor:
        case = CaseFollowed(anna, await anna.invokes("access"))
        await case.until("closed")
        path = f"/api/privacy/requests/{case.id}"
        problem(await mallory.browser.get(f"{path}/package"), 404, "not-found")
        problem(await mallory.browser.get(path), 404, "not-found")
        problem(await visitor.browser.get(path), 404, "not-found")
        wrong = await visitor.browser.get(path, headers={"X-Case-Secret": "A" * 43})
        problem(wrong, 404, "not-found")
        problem(await visitor.browser.get(f"{path}/package"), 401, "unauthenticated")


async def test_a_lookup_by_address_never_tells_whether_it_is_known(platform: Platform) -> None:
    async with a_teacher(platform) as anna, somebody(platform) as stranger:
        answers = []
        for email in (anna.email, stranger.email):
            answer = await stranger.browser.post("/api/privacy/lookups", {"email": email})
            answers.append((answer.status_code, answer.content))
    assert answers == [(202, b"")] * 2
