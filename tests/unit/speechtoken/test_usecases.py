"""Tokens within the quota, and a list of voices that outlives the vendor's bad days."""

from datetime import timedelta

import pytest

from contracts.errors import Refusal
from services.speechtoken.usecases import Issuing, VoiceList
from tests.support.clock import FakeClock
from tests.support.fake_quota import FakeQuota
from tests.unit.speechtoken.fakes import SOFIE, FakeVendor


@pytest.fixture
def vendor() -> FakeVendor:
    return FakeVendor()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def voices(vendor: FakeVendor, clock: FakeClock) -> VoiceList:
    return VoiceList(vendor, clock.now)


async def test_without_quota_the_vendor_is_not_asked(vendor: FakeVendor) -> None:
    with pytest.raises(Refusal):
        await Issuing(vendor, FakeQuota(left=0)).issue("k", "free")
    assert vendor.asked == 0


async def test_only_voices_of_our_languages_are_listed(voices: VoiceList) -> None:
    assert await voices.current() == [SOFIE]


async def test_the_vendor_is_asked_once_a_day(voices: VoiceList, vendor: FakeVendor, clock: FakeClock) -> None:
    await voices.current()
    clock.advance(timedelta(hours=23))
    await voices.current()
    assert vendor.asked == 1
    clock.advance(timedelta(hours=1))
    await voices.current()
    assert vendor.asked == 2


async def test_yesterdays_voices_serve_while_the_vendor_fails(
    voices: VoiceList, vendor: FakeVendor, clock: FakeClock
) -> None:
    await voices.current()
    clock.advance(timedelta(days=2))
    vendor.failing = True
    assert await voices.current() == [SOFIE]
    assert await voices.current() == [SOFIE]
    assert vendor.asked == 2


async def test_without_an_earlier_list_the_failure_is_told_and_the_vendor_left_in_peace_for_a_while(
    voices: VoiceList, vendor: FakeVendor, clock: FakeClock
) -> None:
    vendor.failing = True
    for _ in range(2):
        with pytest.raises(Refusal):
            await voices.current()
    assert vendor.asked == 1
    vendor.failing = False
    clock.advance(timedelta(minutes=1))
    assert await voices.current() == [SOFIE]
