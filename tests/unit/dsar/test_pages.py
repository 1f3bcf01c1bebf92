"""The readable page of a package speaks one language, and shows what it is given as text."""

from pathlib import Path

from contracts.holder import ExportedStore
from services.dsar.adapters.pages import PackagePage
from services.dsar.adapters.translations import TranslationFiles
from services.dsar.ports import Piece

POLICIES = Path(__file__).parents[3] / "policies"
STORE = ExportedStore(
    store="session",
    categories=["sessions"],
    purpose="keep a browser signed in, and let its owner see and end that",
    legal_basis="contract",
    retention="PT12H",
    source="the data subject",
    recipients=["mail relay"],
    rows=[{"created_at": "2026-11-23T12:00:00Z", "invented_column": "<b>"}],
)


def page(language: str) -> str:
    of_person = PackagePage(TranslationFiles(POLICIES).into(language), "2026-11-23T12:00:00Z")
    pieces = [Piece(service="auth"), Piece(service="auth", store=STORE)]
    return of_person.begin() + "".join(of_person.piece(piece) for piece in pieces) + of_person.end()


def test_what_the_inventory_says_is_said_in_norwegian() -> None:
    told = page("nb")
    for words in (
        "<h2>Kontoer og innlogging <code>auth</code></h2>",
        "<h3>Innloggede enheter <code>session</code></h3>",
        "Formål: holde en nettleser innlogget, og la deg se og avslutte det",
        "Lagres lengst: 12 timer",
        "Kilde: du selv",
        "Mottakere: e-postserver",
        "<th>Opprettet</th>",
    ):
        assert words in told
    assert not [words for words in (STORE.purpose, STORE.source, "PT12H", "mail relay") if words in told]


def shown(row: dict[str, object]) -> str:
    of_person = PackagePage(TranslationFiles(POLICIES).into("sv"), "2026-11-23T12:00:00Z")
    return of_person.piece(Piece(service="auth", store=STORE.model_copy(update={"rows": [row]})))


def test_our_own_words_and_moments_are_read_easily_and_what_people_wrote_is_not_touched() -> None:
    told = shown({"role": "user", "name": "user", "at": "2026-11-23T12:00:00.123456Z", "attributes": {"A": ["x", "y"]}})
    for cell in ("användare", "user", "2026-11-23 12:00:00 UTC", "A: x, y"):
        assert f"<td>{cell}</td>" in told


def test_a_row_of_many_columns_stands_upright_and_leaves_out_what_is_empty() -> None:
    told = shown({"id": "1", "email": "a@b.example", "name": None, "role": "user", "tier": "free", "status": "active"})
    assert '<tr><th scope="row">E-post</th><td>a@b.example</td></tr>' in told
    assert "Namn" not in told


def test_what_nobody_has_translated_stands_as_it_is_and_is_only_text() -> None:
    assert "<th>invented_column</th>" in page("sv")
    assert "<td>&lt;b&gt;</td>" in page("sv")
