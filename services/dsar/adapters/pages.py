"""The readable documents: one self-contained page each, without script, everything escaped."""

import html
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chassis import plain_page
from contracts import controller
from contracts.holder import ExportedStore
from services.dsar.adapters.translations import Translations
from services.dsar.ports import Piece

COLUMNS_MAX = 4


def escaped(value: object) -> str:
    """Text that is safe in a page."""
    return html.escape("" if value is None else str(value), quote=True)


class PackagePage:
    """The page of a package, piece by piece."""

    def __init__(self, translations: Translations, generated_at: str) -> None:
        self._translations = translations
        self._at = generated_at
        self._store = ""
        self._columns: list[str] = []
        self._empty_service = False

    def begin(self) -> str:
        """Title, controller, rights and authorities."""
        title = self._translations.label("package_title")
        return (
            f"{plain_page.begin(title, self._translations.language)}"
            f"<p>{escaped(self._translations.label('made'))}: {escaped(self._translations.value('at', self._at))}</p>"
            f"{_controller(self._translations.label('controller'))}"
            f"<h2>{escaped(self._translations.label('rights_title'))}</h2>"
            f"<p>{escaped(self._translations.label('rights'))}</p>"
            f"{_authorities(self._translations.label('complain'))}"
        )

    def piece(self, piece: Piece) -> str:
        """The next rows, or the heading of the next service."""
        if piece.store is None:
            ended = self._end_service()
            self._empty_service = True
            return f"{ended}<h2>{_named(self._translations.holder(piece.service), piece.service)}</h2>"
        self._empty_service = False
        columns = list(dict.fromkeys(name for row in piece.store.rows for name in row))
        begun = ""
        if piece.store.store != self._store or columns != self._columns:
            ended = self._end_store()
            self._store, self._columns = piece.store.store, columns
            begun = f"{ended}{self._described(piece.store)}{self._headed()}"
        return begun + "".join(map(self._row, piece.store.rows))

    def end(self) -> str:
        """Close what is open."""
        return f"{self._end_service()}{plain_page.END}"

    def _headed(self) -> str:
        return "" if self._is_wide() else _row("th", map(self._translations.column, self._columns))

    def _is_wide(self) -> bool:
        """Whether a row would not fit on paper, and so stands upright: a line for each column."""
        return len(self._columns) > COLUMNS_MAX

    def _row(self, row: Mapping[str, object]) -> str:
        values = {name: self._translations.value(name, row.get(name)) for name in self._columns}
        if not self._is_wide():
            return _row("td", values.values())
        lines = [
            f'<tr><th scope="row">{escaped(self._translations.column(name))}</th><td>{escaped(value)}</td></tr>'
            for name, value in values.items()
            if value not in (None, "")
        ]
        return f"<tbody>{''.join(lines)}</tbody>"

    def _end_service(self) -> str:
        nothing = f"<p>{escaped(self._translations.label('nothing'))}</p>" if self._empty_service else ""
        return self._end_store() + nothing

    def _end_store(self) -> str:
        ended = plain_page.TABLE_END if self._store else ""
        self._store, self._columns = "", []
        return ended

    def _described(self, store: ExportedStore) -> str:
        translations = self._translations
        facts = {
            "purpose": translations.fact(store.purpose),
            "categories": ", ".join(map(translations.fact, store.categories)),
            "legal_basis": translations.fact(store.legal_basis),
            "retention": translations.duration(store.retention),
            "source": translations.fact(store.source),
            "recipients": ", ".join(map(translations.fact, store.recipients)) or self._translations.label("none"),
        }
        told = "".join(
            f"<li>{escaped(self._translations.label(name))}: {escaped(value)}</li>" for name, value in facts.items()
        )
        name = translations.store(store.store)
        return f"<h3>{_named(name, store.store)}</h3><ul>{told}</ul>{plain_page.begin_table(name)}"


def certificate_page(certificate: dict[str, Any], translations: Translations) -> str:
    """The readable form of a certificate."""
    label = translations.label
    case, log, backups = certificate["case"], certificate["log"], certificate["backups"]
    dates = {"requested": certificate["requested_at"], "completed": case["completed_at"], "closed": case["closed_at"]}
    holders = [(translations.holder(entry["holder"]), entry["entry"]) for entry in certificate["holders"]]
    recipients = [(translations.holder(entry["recipient"]), entry["entry"]) for entry in certificate["recipients"]]
    limits = [*map(translations.certified, certificate["limits"]), *_superseded(certificate, translations)]
    parts = [
        plain_page.begin(label("certificate_title"), translations.language),
        f"<p>{escaped(label('what'))}</p>",
        f"<p>{escaped(translations.certified(certificate['statement']))}</p>",
        f"<p>{escaped(label('case'))}: <code>{escaped(case['id'])}</code></p>",
        "".join(
            f"<p>{escaped(label(name))}: {escaped(translations.value('at', at))}</p>"
            for name, at in dates.items()
            if at
        ),
        _controller(label("controller")),
        f"<h2>{escaped(label('holders'))}</h2>{_receipts(label('holders'), holders, label)}",
        f"<h2>{escaped(label('recipients'))}</h2>{_receipts(label('recipients'), recipients, label)}",
        f"<h2>{escaped(label('retained'))}</h2>{_retained(certificate['retained'], translations)}",
        f"<h2>{escaped(label('backups'))}</h2>",
        _list([escaped(f"{label('until')} {backups['until'][:10]}: {translations.certified(backups['statement'])}")]),
        f"<h2>{escaped(label('limits'))}</h2>{_list(map(escaped, limits))}",
        f"<p>{escaped(label('log_key'))}: <code>{escaped(log['public_key'])}</code></p>",
        f"{_authorities(label('complain'))}{plain_page.END}",
    ]
    return "".join(parts)


def _superseded(certificate: dict[str, Any], translations: Translations) -> list[str]:
    return [
        f"{translations.certified(other['right'])} {other['id']}: {translations.certified(other['statement'])}"
        for other in certificate["superseded"]
    ]


def _receipts(title: str, entries: Iterable[tuple[str, dict[str, Any] | None]], label: Callable[[str], str]) -> str:
    rows = [_row("th", [label("holder"), label("erased"), label("left"), label("receipt")])]
    for name, entry in entries:
        if entry is None:
            rows.append(_row("td", [name, "", "", label("waiting")]))
            continue
        body = entry["receipt"]["body"]
        erased = sum(body["changed"].values())
        rows.append(_row("td", [name, erased, sum(body["probe"].values()), entry["receipt"]["signature"][:16] + "…"]))
    return f"{plain_page.begin_table(title)}{''.join(rows)}{plain_page.TABLE_END}"


def _retained(retained: list[dict[str, str]], translations: Translations) -> str:
    if not retained:
        return f"<p>{escaped(translations.label('none'))}</p>"
    until = translations.label("until")
    return _list(
        f"{escaped(translations.holder(entry['holder']))}, "
        f"{_named(translations.store(entry['store']), entry['store'])}: "
        f"{escaped(entry['article'])} — {escaped(translations.certified(entry['reason']))} "
        f"({escaped(until)} {escaped(entry['until'][:10])})"
        for entry in retained
    )


def _named(title: str, name: str) -> str:
    """A thing in words, and by the name under which the JSON form has it."""
    return f"{escaped(title)} <code>{escaped(name)}</code>"


def _list(lines: Iterable[str]) -> str:
    """A list of lines that are markup already."""
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _row(cell: str, values: Iterable[object]) -> str:
    return "<tr>" + "".join(f"<{cell}>{escaped(value)}</{cell}>" for value in values) + "</tr>"


def _controller(label: str) -> str:
    return (
        f"<p>{escaped(label)}: {escaped(controller.NAME)}, org. {escaped(controller.ORGANISATION_NUMBER)}, "
        f'<a href="mailto:{controller.CONTACT}">{escaped(controller.CONTACT)}</a></p>'
    )


def _authorities(label: str) -> str:
    links = ", ".join(f'<a href="{url}">{escaped(name)}</a>' for name, url in controller.AUTHORITIES.items())
    return f"<p>{escaped(label)}: {links}</p>"
