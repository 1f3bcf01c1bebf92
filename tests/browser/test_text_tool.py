"""A text tool in the browser: asked for consent in place, answered piece by piece, stopped at will."""

import asyncio
import json

from playwright.async_api import Locator, Route, ViewportSize, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.people import Person, a_teacher
from tests.support.platform import Platform

NARROW: ViewportSize = {"width": 360, "height": 640}
TEXT = "Fotosyntesen är den process varigenom gröna växter omvandlar ljusenergi."


async def sends(anna: Visitor, text: str = TEXT) -> None:
    await anna.page.get_by_label("Din text").fill(text)
    await anna.presses("Skicka")
    await anna.presses("Texten är fri från namn, skicka")


async def opens_tool(anna: Visitor) -> None:
    await anna.goes_to("/tools/simplify")
    await anna.answers_cookies()


def answer_of(anna: Visitor) -> Locator:
    return anna.page.get_by_role("region", name="Svar")


async def test_consent_is_asked_in_place_and_the_answer_follows(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform) as person, signed_in(person) as anna:
        await opens_tool(anna)
        await sends(anna)
        prompt = anna.page.get_by_role("region", name="Samtycker du till textverktyg?")
        await expect(prompt).to_be_focused()
        await expect(prompt).to_contain_text("Microsoft får inte veta vem du är")
        await anna.presses("Ja, jag samtycker")
        await expect(answer_of(anna)).to_be_focused()
        await expect(answer_of(anna).get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)
        await expect(answer_of(anna)).to_be_focused()
        await expect(answer_of(anna).locator(".answer-text")).not_to_be_empty()
        assert (await person.browser.get("/api/consent")).json()["purposes"]["text_tools"] is True


async def test_no_is_as_easy_and_nothing_is_sent(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform) as person, signed_in(person) as anna:
        await opens_tool(anna)
        await sends(anna)
        asked = anna.called("POST", "/api/text/simplify")
        await anna.presses("Nej tack")
        await expect(answer_of(anna).locator(".answer-remark")).to_have_text("Texten skickades inte.")
        await expect(answer_of(anna)).to_be_focused()
        await expect(anna.page.get_by_label("Din text")).to_have_value(TEXT)
        assert anna.called("POST", "/api/text/simplify") == asked


async def test_the_answer_grows_and_is_told_by_the_sentence(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        await anna.page.evaluate(
            """() => {
                window.told = []; window.lengths = new Set();
                new MutationObserver(() => {
                    const words = document.querySelector('.answer [aria-live=polite]')?.textContent ?? '';
                    if (words && words !== window.told.at(-1)) window.told.push(words);
                    const length = document.querySelector('.answer-text')?.textContent.length;
                    if (length) window.lengths.add(length);
                }).observe(
                    document.querySelector('.workbench'), { subtree: true, childList: true, characterData: true }
                );
            }"""
        )
        await sends(anna)
        await expect(anna.page.get_by_role("button", name="Stoppa", exact=True)).to_be_visible()
        await expect(answer_of(anna).get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)
        lengths = await anna.page.evaluate("[...window.lengths]")
        told = await anna.page.evaluate("window.told")
    assert len(lengths) >= 5, "the answer came all at once"
    assert lengths == sorted(lengths)
    assert told[-1].endswith("Svaret är klart.")
    assert all(words.strip()[-1] in ".!?…:" for words in told)


async def test_stop_keeps_what_came_and_ends_the_work_upstream(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        await sends(anna)
        await expect(answer_of(anna).locator(".answer-text")).not_to_be_empty(timeout=15_000)
        await anna.presses("Stoppa")
        await anna.reads("Stoppat. Det som hann komma står kvar här, ingen annanstans.")
        length = len(await answer_of(anna).locator(".answer-text").inner_text())
        await anna.page.wait_for_timeout(500)
        assert len(await answer_of(anna).locator(".answer-text").inner_text()) == length


async def is_written_slowly(platform: Platform) -> None:
    platform.emu("azure_openai").faults(pace_seconds=0.4)


async def test_the_button_that_sends_and_stops_keeps_its_focus(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        await sends(anna)
        await expect(answer_of(anna).get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)
        await is_written_slowly(platform)
        await anna.page.get_by_role("button", name="Skicka").focus()
        await anna.page.keyboard.press("Enter")
        stop = anna.page.get_by_role("button", name="Stoppa", exact=True)
        await expect(stop).to_be_focused()
        await expect(answer_of(anna).locator(".answer-text")).not_to_be_empty(timeout=15_000)
        await anna.page.keyboard.press("Enter")
        await anna.reads("Stoppat.")
        await expect(anna.page.get_by_role("button", name="Skicka")).to_be_focused()
        assert anna.called("POST", "/api/text/simplify") == 2


async def test_an_answer_whose_beginning_has_scrolled_away_is_stopped_at_its_end(
    signed_in: Visit, platform: Platform
) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person, size=NARROW) as anna:
        await opens_tool(anna)
        await is_written_slowly(platform)
        await sends(anna, TEXT * 30)
        await expect(answer_of(anna).locator(".answer-text")).not_to_be_empty(timeout=15_000)
        await answer_of(anna).evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY)")
        stop = answer_of(anna).get_by_role("button", name="Stoppa svaret")
        await expect(stop).to_be_in_viewport(ratio=1)
        await stop.focus()
        await anna.page.keyboard.press("Enter")
        await anna.reads("Stoppat.")
        await expect(stop).to_have_count(0)
        await expect(answer_of(anna)).to_be_focused()


async def test_a_consent_withdrawn_meanwhile_leaves_what_came_and_is_asked_for_at_the_next_text(
    signed_in: Visit, platform: Platform
) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        await is_written_slowly(platform)
        await sends(anna)
        text = answer_of(anna).locator(".answer-text")
        await expect(text).not_to_be_empty(timeout=15_000)
        await anna.page.get_by_role("button", name="Återkalla: Du har samtyckt till textverktyg.").click()
        await expect(answer_of(anna).locator(".answer-remark")).to_have_text(
            "Du återkallade samtycket. Svaret avbröts."
        )
        await expect(anna.page.get_by_text("Samtycket är återkallat.")).to_be_focused()
        await expect(text).not_to_be_empty()
        await expect(anna.page.locator(".consent-prompt")).to_have_count(0)
        await anna.presses("Skicka")
        await expect(anna.page.get_by_role("region", name="Samtycker du till textverktyg?")).to_be_focused()


async def test_a_translation_is_into_another_language_and_read_in_it(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await anna.page.add_init_script(
            """window.read = [];
            const voices = ['sv-SE', 'en-GB'].map(lang => ({ lang, localService: true }));
            speechSynthesis.getVoices = () => voices;
            speechSynthesis.speak = words => window.read.push(words.lang);
            window.SpeechSynthesisUtterance = class {};"""
        )
        await anna.goes_to("/tools/translate")
        await anna.answers_cookies()
        target = anna.page.get_by_label("Till språk")
        await expect(target).not_to_have_value("sv")
        await target.select_option("en")
        async with anna.page.expect_request("**/api/text/translate") as asked:
            await sends(anna)
        inputs = {"text": TEXT, "target_language": "en"}
        assert (await asked.value).post_data_json == {"inputs": inputs, "stream": True}
        await expect(answer_of(anna).get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)
        await expect(answer_of(anna).locator(".answer-text")).to_have_attribute("lang", "en")
        await anna.presses("Läs upp")
        assert await anna.page.evaluate("window.read") == ["en-GB"]


async def test_the_days_limit_is_told_beside_the_tool(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform) as person, signed_in(person) as anna:
        quotas = (await person.browser.get("/api/me")).json()["quotas"]
        assert {"tool": "text", "limit": 1000, "window_seconds": 86400} in quotas
        await opens_tool(anna)
        await anna.reads("Du kan få högst 1 000 svar om dagen i alla textverktyg tillsammans.")


async def test_a_pupils_name_is_warned_of_once_before_the_first_text(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        await anna.page.get_by_label("Din text").fill(TEXT)
        await anna.presses("Skicka")
        await expect(anna.page.get_by_role("group", name="Inga elevnamn, tack")).to_be_focused()
        assert anna.called("POST", "/api/text/simplify") == 0
        await expect(anna.page.get_by_role("group", name="Inga elevnamn, tack")).not_to_contain_text("samtycke")
        await anna.presses("Gå tillbaka och ändra")
        await expect(anna.page.get_by_label("Din text")).to_be_focused()
        await sends(anna)
        await expect(answer_of(anna).get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)
        await anna.presses("Skicka")
        await expect(anna.page.get_by_role("group", name="Inga elevnamn, tack")).to_have_count(0)
        assert anna.called("POST", "/api/text/simplify") == 2


async def test_what_the_model_writes_cannot_become_part_of_the_page(signed_in: Visit, platform: Platform) -> None:
    evil = '<img src=x onerror="document.title=1"> [klicka](javascript:alert(1)) **fet**'
    stream = "".join(
        f"event: {name}\ndata: {json.dumps(data)}\n\n"
        for name, data in (("delta", {"text": evil}), ("done", {"finish_reason": "stop"}))
    )
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await anna.page.route(
            "**/api/text/simplify", lambda route: route.fulfill(body=stream, content_type="text/event-stream")
        )
        await opens_tool(anna)
        await sends(anna)
        text = answer_of(anna).locator(".answer-text")
        await expect(text).to_contain_text("<img src=x")
        assert await text.locator("img, a, script").count() == 0
        await expect(text.locator("strong")).to_have_text("fet")


async def test_an_answer_that_breaks_off_is_never_shown_as_whole(signed_in: Visit, platform: Platform) -> None:
    stream = f"event: delta\ndata: {json.dumps({'text': 'Växter gör sin'})}\n\n"
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await anna.page.route(
            "**/api/text/simplify", lambda route: route.fulfill(body=stream, content_type="text/event-stream")
        )
        await opens_tool(anna)
        await sends(anna)
        await anna.reads("Svaret blev inte helt.")
        await expect(anna.page.get_by_role("alert")).to_contain_text("Vår leverantör svarade inte som den skulle")
        await expect(anna.page.get_by_role("button", name="Försök igen")).to_be_visible()


async def ends_every_session(person: Person) -> None:
    for session in (await person.browser.get("/api/auth/sessions")).json()["sessions"]:
        assert (await person.browser.delete(f"/api/auth/sessions/{session['id']}")).is_success


async def signs_in_in_a_new_tab(anna: Visitor, person: Person) -> None:
    link = anna.page.get_by_role("alert").get_by_role("link", name="Logga in i en ny flik")
    async with anna.context.expect_page() as opened:
        await link.click()
    tab = await opened.value
    await tab.locator("[name=email]").fill(person.email)
    await tab.locator("[name=password]").fill(person.password)
    await tab.get_by_role("main").get_by_role("button", name="Logga in").click()
    await expect(tab.get_by_role("link", name=person.name)).to_be_visible()
    await tab.close()


async def test_a_session_that_ended_meanwhile_costs_nothing_that_was_written(
    signed_in: Visit, platform: Platform
) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        await anna.page.get_by_label("Din text").fill(TEXT)
        await ends_every_session(person)
        await sends(anna)
        await expect(anna.page.get_by_role("alert")).to_contain_text("Den här fliken står kvar som den är")
        await signs_in_in_a_new_tab(anna, person)
        await expect(anna.page.get_by_label("Din text")).to_have_value(TEXT)
        await anna.presses("Skicka")
        await expect(answer_of(anna).get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)
        await expect(anna.page.get_by_role("alert")).to_have_count(0)


async def test_whoever_was_not_signed_in_signs_in_beside_and_sends_the_same_text(
    visitor: Visit, platform: Platform
) -> None:
    async with a_teacher(platform, "text_tools") as person, visitor() as anna:
        await opens_tool(anna)
        await sends(anna)
        await signs_in_in_a_new_tab(anna, person)
        await anna.presses("Försök igen")
        await expect(answer_of(anna).get_by_role("button", name="Kopiera")).to_be_visible(timeout=15_000)
        await expect(anna.page.get_by_role("link", name=person.name)).to_be_visible()
        await expect(anna.page.get_by_label("Din text")).to_have_value(TEXT)


async def test_a_text_that_is_too_long_is_said_before_it_is_sent(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        await anna.page.get_by_label("Din text").fill("å" * 33_000)
        await anna.reads("Texten är ungefär 300 tecken för lång.")
        await anna.presses("Skicka")
        assert anna.called("POST", "/api/text/simplify") == 0


async def test_consent_is_withdrawn_with_one_press_where_it_was_given(signed_in: Visit, platform: Platform) -> None:
    async with a_teacher(platform, "text_tools") as person, signed_in(person) as anna:
        await opens_tool(anna)
        withdraw = anna.page.get_by_role("button", name="Återkalla: Du har samtyckt till textverktyg.")
        await withdraw.click()
        await expect(withdraw).to_have_count(0)
        assert (await person.browser.get("/api/consent")).json()["purposes"]["text_tools"] is False


async def test_speech_becomes_text_in_the_field_and_no_sound_passes_our_servers(
    chromium_with_voice: Visit, platform: Platform
) -> None:
    async with a_teacher(platform) as person, chromium_with_voice(person) as anna:
        await opens_tool(anna)
        await anna.presses("Tala in")
        await anna.reads("Microsoft ser din nätadress och skulle kunna koppla ihop röst, text och adress")
        await anna.reads("skickas inte förrän du trycker på Skicka")
        assert anna.websockets == []
        await anna.presses("Ja, jag samtycker")
        await expect(anna.page.get_by_role("button", name="Sluta lyssna")).to_be_focused()
        await expect(anna.page.get_by_label("Din text")).not_to_have_value("", timeout=20_000)
        await anna.presses("Sluta lyssna")
        azure = platform.emu("azure_speech").url.removeprefix("http://")
        assert {address.split("/")[2] for address in anna.websockets} == {azure}
        assert not any(flag in anna.websockets[0].lower() for flag in ("storeaudio", "audiologging"))
        assert anna.called("POST", "/api/text/simplify") == 0, "speech was sent by itself"
        ours = [one for one in anna.requests if one.url.startswith(anna.origin) and one.method == "POST"]
        assert all(len(one.post_data_buffer or b"") < 500 for one in ours)


async def test_voice_is_declined_and_withdrawn_where_it_is_used_and_listening_ends_with_the_consent(
    chromium_with_voice: Visit, platform: Platform
) -> None:
    async with a_teacher(platform) as person, chromium_with_voice(person) as anna:
        await opens_tool(anna)
        await anna.presses("Tala in")
        await anna.presses("Nej tack")
        await expect(anna.page.get_by_role("button", name="Tala in")).to_be_focused()
        await anna.presses("Tala in")
        await anna.presses("Ja, jag samtycker")
        await anna.reads("Lyssnar.")
        await anna.page.get_by_role("button", name="Återkalla: Du har samtyckt till röstverktyg.").click()
        await expect(anna.page.get_by_role("button", name="Tala in")).to_be_visible()
        assert (await person.browser.get("/api/consent")).json()["purposes"]["voice_tools"] is False


async def test_who_has_consented_is_told_of_the_microphone_once_in_a_visit(
    chromium_with_voice: Visit, platform: Platform
) -> None:
    async with a_teacher(platform, "voice_tools") as person, chromium_with_voice(person) as anna:
        await opens_tool(anna)
        await anna.presses("Tala in")
        await expect(anna.page.get_by_role("group", name="Innan mikrofonen öppnas")).to_be_focused()
        await anna.presses("Öppna mikrofonen")
        await anna.reads("Lyssnar.")
        await anna.presses("Sluta lyssna")
        await anna.presses("Tala in")
        await anna.reads("Lyssnar.")
        await anna.presses("Sluta lyssna")


async def test_a_microphone_that_is_closed_while_it_opens_stays_closed(
    chromium_with_voice: Visit, platform: Platform
) -> None:
    closed = asyncio.Event()

    async def slowly(route: Route) -> None:
        await closed.wait()
        await route.continue_()

    async with a_teacher(platform, "voice_tools") as person, chromium_with_voice(person) as anna:
        await opens_tool(anna)
        await anna.page.route("**/api/speech/token", slowly)
        await anna.presses("Tala in")
        async with anna.page.expect_request("**/api/speech/token"):
            await anna.presses("Öppna mikrofonen")
        async with anna.page.expect_response("**/api/speech/token"):
            await anna.presses("Sluta lyssna")
            closed.set()
        await expect(anna.page.get_by_role("button", name="Tala in")).to_be_visible()
        await anna.presses("Tala in")
        await anna.reads("Lyssnar.")
        await expect(anna.page.get_by_label("Din text")).not_to_have_value("", timeout=20_000)
        await anna.presses("Sluta lyssna")
        assert len(anna.websockets) == 1, "the closed one was opened as well"
