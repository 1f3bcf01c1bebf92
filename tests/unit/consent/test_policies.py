"""The policy's lists: every purpose and processor is there, in three languages."""

import re

import pytest

from contracts.consent import Purpose
from contracts.errors import ErrorKind, Refusal
from services.consent.adapters.policies import PolicyFiles, in_words
from services.consent.settings import HOLDERS, POLICIES

POLICY = PolicyFiles(POLICIES, HOLDERS)
LANGUAGES = {"sv", "nb", "en"}


def test_every_purpose_is_described_in_every_language() -> None:
    purposes = {one["id"]: one for one in POLICY.in_force().purposes}
    assert set(purposes) == {purpose.value for purpose in Purpose}
    assert all(set(one["description"]) == LANGUAGES for one in purposes.values())


def test_the_processors_are_those_of_the_policy_all_in_the_eu() -> None:
    processors = POLICY.in_force().processors
    assert [one["name"] for one in processors] == [
        "Hetzner", "Scaleway", "Microsoft Azure OpenAI", "Microsoft Azure Speech", "Brevo", "PostHog",
    ]  # fmt: skip
    assert {one["region"] for one in processors} == {"EU"}
    assert all("agreement_date" in one for one in processors)


def test_there_are_two_cookies_and_both_are_ours() -> None:
    assert [one["name"] for one in POLICY.in_force().cookies] == ["__Host-session", "__Host-visitor"]


def test_the_retention_list_comes_from_the_inventories() -> None:
    kept = {(one["holder"], one["store"]): one["retention"] for one in POLICY.in_force().retention}
    assert kept["auth", "session"] == {"sv": "12 timmar", "nb": "12 timer", "en": "12 hours"}
    assert ("consent", "consent_evidence") in kept


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_text_is_bound_by_its_hash(language: str) -> None:
    text = POLICY.text(POLICY.version, language)
    assert text.hash == POLICY.shown(language).hash
    assert re.fullmatch(r"[0-9a-f]{64}", text.hash)


def test_a_text_that_never_was_is_not_found() -> None:
    with pytest.raises(Refusal) as refused:
        POLICY.text("1999-01-01", "sv")
    assert refused.value.kind is ErrorKind.NOT_FOUND


@pytest.mark.parametrize(
    ("duration", "words"),
    [("P30D", "30 days"), ("PT12H", "12 hours"), ("PT1800S", "30 minutes"), ("PT90S", "90 seconds")],
)
def test_periods_are_told_in_words(duration: str, words: str) -> None:
    assert in_words(duration)["en"] == words
