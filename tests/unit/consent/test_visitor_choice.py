"""The visitor's cookie: readable, strict, and without anything that tells one refusal from another."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.consent import COOKIE_PURPOSES, Purpose
from contracts.identifiers import new_id
from kernel.visitor_choice import VisitorChoice

TODAY = date(2026, 11, 2)
COOKIE_OCTETS = set("!#$%&'*+-.^_`|~:0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@given(st.sets(st.sampled_from(sorted(COOKIE_PURPOSES))), st.dates(date(2024, 1, 1), date(2060, 1, 1)))
def test_what_is_written_is_read_again(accepted: set[Purpose], on: date) -> None:
    choice = VisitorChoice(
        notice_version="2024-05-22", on=on, accepted=frozenset(accepted), visitor_id=new_id() if accepted else None
    )
    assert VisitorChoice.parse(choice.render()) == choice
    assert set(choice.render()) <= COOKIE_OCTETS


def test_a_refusal_is_the_same_for_everybody() -> None:
    refusal = VisitorChoice(notice_version="2024-05-22", on=TODAY, accepted=frozenset())
    assert refusal.render() == "notice:2024-05-22&on:2026-11-02&accepted:"


def test_an_acceptance_is_readable() -> None:
    choice = VisitorChoice(
        notice_version="2024-05-22", on=TODAY, accepted={Purpose.ANALYTICS}, visitor_id="k3vQ2n8xW0pLr5tY9aBcDe"
    )
    assert choice.render() == "notice:2024-05-22&on:2026-11-02&accepted:analytics&id:k3vQ2n8xW0pLr5tY9aBcDe"


def test_an_id_never_goes_with_a_refusal() -> None:
    with pytest.raises(ValueError, match="none with a refusal"):
        VisitorChoice(notice_version="2024-05-22", on=TODAY, accepted=frozenset(), visitor_id=new_id())


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yes",
        "notice:2024-05-22&on:2026-11-02&accepted:analytics",
        "notice:2024-05-22&on:2026-11-02&accepted:&id:k3vQ2n8xW0pLr5tY9aBcDe",
        "notice:2024-05-22&on:2026-11-02&accepted:everything&id:k3vQ2n8xW0pLr5tY9aBcDe",
        "notice:2024-05-22&on:2026-11-02&accepted:text_tools&id:k3vQ2n8xW0pLr5tY9aBcDe",
        "notice:2024-05-22&on:2026-11-02&accepted:analytics&id:short",
        "notice:2024-05-22&on:2026-02-30&accepted:",
        "notice:2024-05-22&on:2026-11-02&accepted:\n",
    ],
)
def test_a_value_that_is_none_of_ours_is_no_choice(value: str | None) -> None:
    assert VisitorChoice.parse(value) is None
