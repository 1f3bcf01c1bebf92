"""The two pages of the mail sink: the list, and one message."""

import re
from html import escape

from emulators.smtp.messages import LINK, Message

# Scripts never run; styles are ours and those that a mail brings along.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'self'"
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #222;
  background: #fff; }
a { color: #0b5394; } ul { list-style: none; padding: 0; } li { border-top: 1px solid #ddd; padding: .75rem 0; }
li span, dl, p.note { color: #555; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
iframe { width: 100%; height: 28rem; border: 1px solid #ddd; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; overflow-wrap: anywhere; }
"""


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def list_page(messages: list[Message]) -> str:
    rows = "".join(
        f'<li><a href="/message/{message.id}">{escape(message.subject or "(no subject)")}</a><br>'
        f"<span>to {escape(message.to)} · {escape(message.at[:19].replace('T', ' '))} UTC</span></li>"
        for message in reversed(messages)
    )
    shown = f"<ul>{rows}</ul>" if rows else "<p>No mail yet. Reload the page to look again.</p>"
    note = '<p class="note">Mail that the platform sent stays here; nothing leaves this machine.</p>'
    return _page("Mail sink", f"<h1>Mail sink</h1>{note}{shown}")


def message_page(message: Message) -> str:
    facts = f"<dl><dt>To</dt><dd>{escape(message.to)}</dd><dt>At</dt><dd>{escape(message.at)}</dd></dl>"
    text = f"<pre>{_with_links(message.text)}</pre>" if message.text else ""
    body = f'<p><a href="/">All mail</a></p><h1>{escape(message.subject)}</h1>{facts}{text}{_frame(message.html)}'
    return _page(message.subject, body)


def _frame(html: str) -> str:
    if not html:
        return ""
    inside = f'<base target="_blank"><meta name="referrer" content="no-referrer">{html}'
    return f'<h2>As HTML</h2><iframe title="The mail as HTML" sandbox="{SANDBOX}" srcdoc="{escape(inside)}"></iframe>'


def _with_links(text: str) -> str:
    parts = []
    end = 0
    for found in re.finditer(LINK, text):
        link = found[0].rstrip(".,;:!?")
        parts.append(escape(text[end : found.start()]))
        parts.append(f'<a href="{escape(link)}" target="_blank" rel="noopener noreferrer">{escape(link)}</a>')
        end = found.start() + len(link)
    return "".join([*parts, escape(text[end:])])
