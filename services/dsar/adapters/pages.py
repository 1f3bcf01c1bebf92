"""The readable documents: one self-contained page each, without script, everything escaped."""

import html
from collections.abc import Iterable, Mapping
from typing import Any

from chassis import plain_page
from contracts import controller
from contracts.holder import ExportedStore
from services.dsar.adapters.labels import CERTIFICATE, PACKAGE
from services.dsar.adapters.words import Words
from services.dsar.ports import Piece

COLUMNS_MAX = 4


def escaped(value: object) -> str:
    """Text that is safe in a page."""
    return html.escape("" if value is None else str(value), quote=True)


class PackagePage:
    """The page of a package, piece by piece."""

    def __init__(self, words: Words, generated_at: str) -> None:
        self._words = words
        self._at = generated_at
        self._store = ""
        self._columns: list[str] = []
        self._empty_service = False

    def begin(self) -> str:
        """Title, controller, rights and authorities."""
        title = self._word("title")
        return (
            f"{plain_page.begin(title, self._words.language)}"
            f"<p>{escaped(self._word('made'))}: {escaped(self._words.value('at', self._at))}</p>"
            f"{_controller(self._word('controller'))}"
            f"<h2>{escaped(self._word('rights_title'))}</h2><p>{escaped(self._word('rights'))}</p>"
            f"{_authorities(self._word('complain'))}"
        )

    def piece(self, piece: Piece) -> str:
        """The next rows, or the heading of the next service."""
        if piece.store is None:
            ended = self._end_service()
            self._empty_service = True
            return f"{ended}<h2>{_named(self._words.place(piece.service), piece.service)}</h2>"
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
        return "" if self._is_wide() else _row("th", map(self._words.column, self._columns))

    def _is_wide(self) -> bool:
        """Whether a row would not fit on paper, and so stands upright: a line for each column."""
        return len(self._columns) > COLUMNS_MAX

    def _row(self, row: Mapping[str, object]) -> str:
        values = {name: self._words.value(name, row.get(name)) for name in self._columns}
        if not self._is_wide():
            return _row("td", values.values())
        lines = [
            f'<tr><th scope="row">{escaped(self._words.column(name))}</th><td>{escaped(value)}</td></tr>'
            for name, value in values.items()
            if value not in (None, "")
        ]
        return f"<tbody>{''.join(lines)}</tbody>"

    def _word(self, name: str) -> str:
        return PACKAGE[name][self._words.language]

    def _end_service(self) -> str:
        nothing = f"<p>{escaped(self._word('nothing'))}</p>" if self._empty_service else ""
        return self._end_store() + nothing

    def _end_store(self) -> str:
        ended = plain_page.TABLE_END if self._store else ""
        self._store, self._columns = "", []
        return ended

    def _described(self, store: ExportedStore) -> str:
        words = self._words
        facts = {
            "purpose": words.fact(store.purpose),
            "categories": ", ".join(map(words.fact, store.categories)),
            "legal_basis": words.fact(store.legal_basis),
            "retention": words.duration(store.retention),
            "source": words.fact(store.source),
            "recipients": ", ".join(map(words.fact, store.recipients)) or self._word("none"),
        }
        told = "".join(f"<li>{escaped(self._word(name))}: {escaped(value)}</li>" for name, value in facts.items())
        name = words.store(store.store)
        return f"<h3>{_named(name, store.store)}</h3><ul>{told}</ul>{plain_page.begin_table(name)}"


def certificate_page(certificate: dict[str, Any], words: Words) -> str:
    """The readable form of a certificate."""
    labels = {name: texts[words.language] for name, texts in CERTIFICATE.items()}
    case, log, backups = certificate["case"], certificate["log"], certificate["backups"]
    dates = {"requested": certificate["requested_at"], "completed": case["completed_at"], "closed": case["closed_at"]}
    holders = [(words.place(entry["holder"]), entry["entry"]) for entry in certificate["holders"]]
    recipients = [(words.place(entry["recipient"]), entry["entry"]) for entry in certificate["recipients"]]
    limits = [*map(words.certified, certificate["limits"]), *_superseded(certificate, words)]
    parts = [
        plain_page.begin(labels["title"], words.language),
        f"<p>{escaped(labels['what'])}</p>",
        f"<p>{escaped(words.certified(certificate['statement']))}</p>",
        f"<p>{escaped(labels['case'])}: <code>{escaped(case['id'])}</code></p>",
        "".join(
            f"<p>{escaped(labels[name])}: {escaped(words.value('at', at))}</p>" for name, at in dates.items() if at
        ),
        _controller(PACKAGE["controller"][words.language]),
        f"<h2>{escaped(labels['holders'])}</h2>{_receipts(labels['holders'], holders, labels)}",
        f"<h2>{escaped(labels['recipients'])}</h2>{_receipts(labels['recipients'], recipients, labels)}",
        f"<h2>{escaped(labels['retained'])}</h2>{_retained(certificate['retained'], words)}",
        f"<h2>{escaped(labels['backups'])}</h2>",
        _list([escaped(f"{labels['until']} {backups['until'][:10]}: {words.certified(backups['statement'])}")]),
        f"<h2>{escaped(labels['limits'])}</h2>{_list(map(escaped, limits))}",
        f"<p>{escaped(labels['log_key'])}: <code>{escaped(log['public_key'])}</code></p>",
        f"{_authorities(labels['complain'])}{plain_page.END}",
    ]
    return "".join(parts)


def _superseded(certificate: dict[str, Any], words: Words) -> list[str]:
    return [
        f"{words.certified(other['right'])} {other['id']}: {words.certified(other['statement'])}"
        for other in certificate["superseded"]
    ]


def _receipts(title: str, entries: Iterable[tuple[str, dict[str, Any] | None]], labels: dict[str, str]) -> str:
    rows = [_row("th", [labels["place"], labels["erased"], labels["left"], labels["receipt"]])]
    for name, entry in entries:
        if entry is None:
            rows.append(_row("td", [name, "", "", labels["waiting"]]))
            continue
        body = entry["receipt"]["body"]
        erased = sum(body["erased"].values())
        rows.append(_row("td", [name, erased, sum(body["probe"].values()), entry["receipt"]["signature"][:16] + "…"]))
    return f"{plain_page.begin_table(title)}{''.join(rows)}{plain_page.TABLE_END}"


def _retained(retained: list[dict[str, str]], words: Words) -> str:
    if not retained:
        return f"<p>{escaped(CERTIFICATE['none'][words.language])}</p>"
    until = CERTIFICATE["until"][words.language]
    return _list(
        f"{escaped(words.place(entry['holder']))}, {_named(words.store(entry['store']), entry['store'])}: "
        f"{escaped(entry['article'])} — {escaped(words.certified(entry['reason']))} "
        f"({escaped(until)} {escaped(entry['until'][:10])})"
        for entry in retained
    )


def _named(words: str, name: str) -> str:
    """A thing in words, and by the name under which the JSON form has it."""
    return f"{escaped(words)} <code>{escaped(name)}</code>"


def _list(lines: Iterable[str]) -> str:
    """A list of lines that are markup already."""
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _row(cell: str, values: Iterable[object]) -> str:
    return "<tr>" + "".join(f"<{cell}>{escaped(value)}</{cell}>" for value in values) + "</tr>"


def _controller(word: str) -> str:
    return (
        f"<p>{escaped(word)}: {escaped(controller.NAME)}, org. {escaped(controller.ORGANISATION_NUMBER)}, "
        f'<a href="mailto:{controller.CONTACT}">{escaped(controller.CONTACT)}</a></p>'
    )


def _authorities(word: str) -> str:
    links = ", ".join(f'<a href="{url}">{escaped(name)}</a>' for name, url in controller.AUTHORITIES.items())
    return f"<p>{escaped(word)}: {links}</p>"
