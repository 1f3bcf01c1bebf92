"""How anybody checks an erasure certificate, offline and alone: nothing but the file, and a key known from elsewhere.

What holders there were, and which keys were in force, is taken from the certificate and the log, never from this
program: a certificate of today is checked by the program of any later day.
"""

from collections.abc import Iterator, Sequence

from contracts.fulfilment import CommandKind
from kernel import merkle
from kernel.certificate import FORMAT, Certificate, CertificateRefused, LoggedReceipt, read, retained_by
from kernel.key_history import KeyHistory, KeysRefused, LoggedKey, check_places, history_of
from kernel.receipt import EXPLANATIONS, ReceiptFault, fault_of, receipt_leaf
from kernel.signature import is_signed

UNVOUCHED = "NOBODY VOUCHES"


def check(data: bytes, trusted_key: str | None, published: Sequence[LoggedKey] = ()) -> Iterator[str]:
    """Check a certificate file; yields each check that held, in plain words; first, whether somebody vouches for it.

    `published`: the history of keys as the operator publishes it, from another source than the file.

    Raises:
        CertificateRefused: the first check that did not hold.
    """
    certificate, content = read(data)
    body = {name: value for name, value in content.items() if name != "signature"}
    _demand(
        is_signed(certificate.log.public_key, certificate.signature, FORMAT, body),
        "the signature over the whole certificate is not the log key's: the file was changed, or made by another",
    )
    history = _history(certificate)
    yield _check_trust(certificate, history, trusted_key, published)
    yield "The file is one JSON document with the members of a certificate, none missing, doubled or unknown."
    yield "The whole certificate is signed by the log's key; nothing in it was changed."
    yield _check_head(certificate)
    yield _check_keys(certificate, history, published)
    yield _check_holders(certificate, history)
    yield _check_recipients(certificate, history)
    yield _check_log_places(certificate)
    yield _check_retained(certificate)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CertificateRefused(otherwise)


def _history(certificate: Certificate) -> KeyHistory:
    try:
        return history_of(certificate.keys)
    except KeysRefused as refused:
        raise CertificateRefused(str(refused)) from refused


def _check_trust(
    certificate: Certificate, history: KeyHistory, trusted_key: str | None, published: Sequence[LoggedKey]
) -> str:
    key = certificate.log.public_key
    if trusted_key is None:
        return (
            f"{UNVOUCHED} for this certificate: the log's key was taken from the file itself, which anybody could have "
            f"made up. Compare the key with the one that the operator publishes, or give that with --trust: {key}"
        )
    if trusted_key == key:
        return "The log's key is the one that was given with --trust."
    if trusted_key in history.log_keys:
        return (
            "The key that was given with --trust was the log's key before; it signed its successor, and each the next, "
            "up to the key of this certificate."
        )
    try:
        later = history_of(published).log_keys if published else ()
    except KeysRefused as refused:
        raise CertificateRefused(f"the file that was given with --keys: {refused}") from refused
    _demand(
        key in later and trusted_key in later,
        "the log's key is neither the one that was given with --trust nor one that follows from it; if the key was "
        "replaced since, give the history of keys as well: --keys FILE, saved from /api/privacy/log/keys",
    )
    return (
        "The log's key was replaced since this certificate was issued; from it to the key that was given with --trust "
        "each key and its successor vouch for one another (--keys)."
    )


def _check_head(certificate: Certificate) -> str:
    head = certificate.log
    _demand(head.is_signed(), "the log's head is not signed by its key")
    return f"The head of the log ({head.tree_size} leaves, {head.at}) is signed by the log's key."


def _check_keys(certificate: Certificate, history: KeyHistory, published: Sequence[LoggedKey]) -> str:
    try:
        check_places(certificate.keys, certificate.log.tree_size, certificate.log.root_hash)
    except KeysRefused as refused:
        raise CertificateRefused(str(refused)) from refused
    _demand(history.log_keys[-1] == certificate.log.public_key, "the log's key is not the last one that was announced")
    words = f"All {len(certificate.keys)} keys stand in the log themselves, each announced by the log key in force"
    if not published:
        return f"{words}. That the operator published these and no others was not checked (--keys)."
    known = {key.announcement.model_dump_json() for key in published}
    missing = [key.announcement for key in certificate.keys if key.announcement.model_dump_json() not in known]
    _demand(not missing, "it rests on a key that is not among those of the file that was given with --keys")
    return f"{words}, and all of them are among those of the file that was given with --keys."


def _check_holders(certificate: Certificate, history: KeyHistory) -> str:
    names = [entry.holder for entry in certificate.holders]
    _demand(bool(names) and len(set(names)) == len(names), "it lists no holder, or one of them twice")
    for entry in certificate.holders:
        _check_receipt(certificate, history, entry.holder, entry.service, entry.entry)
    current = sum(entry.entry.receipt.body["inventory_hash"] == entry.inventory_hash for entry in certificate.holders)
    return (
        f"Each of the {len(names)} holders of ours that were frozen with the case ({', '.join(names)}) signed a "
        "receipt for this erasure, with a key that stood in the log before it, and found nothing left in the stores "
        f"that it looked at afterwards; {current} of them under the inventory that was frozen with the case."
    )


def _check_recipients(certificate: Certificate, history: KeyHistory) -> str:
    names = [entry.recipient for entry in certificate.recipients]
    _demand(
        len({*names, *(entry.holder for entry in certificate.holders)}) == len(names) + len(certificate.holders),
        "it lists a recipient twice",
    )
    waiting = [entry.recipient for entry in certificate.recipients if entry.state == "waiting"]
    for entry in certificate.recipients:
        _demand((entry.entry is not None) == (entry.state == "done"), f"{entry.recipient} is done without a receipt")
        if entry.entry is not None:
            _check_receipt(certificate, history, entry.recipient, entry.service, entry.entry)
    closed = certificate.case.state == "closed"
    _demand(not (closed and waiting), "the case is closed while a recipient is waiting")
    _demand(closed == (certificate.case.closed_at is not None), "the state of the case contradicts its dates")
    if waiting:
        return f"NOT YET COMPLETE at the recipients {', '.join(waiting)}; a new certificate is issued when they are."
    return f"The erasure at each recipient ({', '.join(names) or 'there was none'}) has a signed receipt."


def _check_receipt(
    certificate: Certificate, history: KeyHistory, holder: str, service: str, entry: LoggedReceipt
) -> None:
    body = entry.receipt.body
    keys = history.receipt_keys_before(service, entry.leaf_index)
    faults = {fault_of(body, entry.receipt.signature, key) for key in keys}
    _demand(
        bool(faults - {ReceiptFault.SIGNATURE}),
        f"the receipt of {holder} is not signed by a key of its service that stood in the log before it",
    )
    explained = "; ".join(EXPLANATIONS[fault] for fault in faults if fault is not None)
    _demand(None in faults, f"the receipt of {holder}: {explained}")
    named = tuple(body[name] for name in ("holder", "service", "command_id", "kind"))
    asked = (holder, service, certificate.command_id, CommandKind.ERASE)
    _demand(named == asked, f"the receipt of {holder} speaks of something else")


def _check_log_places(certificate: Certificate) -> str:
    entries = certificate.receipts()
    places = [*(entry.leaf_index for entry in entries), *(key.leaf_index for key in certificate.keys)]
    _demand(len(set(places)) == len(places), "two receipts or keys claim the same place in the log")
    for entry in entries:
        proof = [bytes.fromhex(step) for step in entry.inclusion_proof]
        leaf = receipt_leaf(entry.receipt.model_dump())
        root = merkle.root_by_proof(leaf, entry.leaf_index, certificate.log.tree_size, proof)
        holder = entry.receipt.body["holder"]
        _demand(root == bytes.fromhex(certificate.log.root_hash), f"the receipt of {holder} is not in the log")
    return f"All {len(entries)} receipts stand in the log, by Merkle proof (RFC 9162)."


def _check_retained(certificate: Certificate) -> str:
    receipts = [entry.receipt.body for entry in certificate.receipts()]
    stated = [entry.model_dump() for entry in certificate.retained]
    closed = certificate.case.state == "closed"
    _demand(stated == retained_by(receipts, closed), "the list of what is retained is not that of the receipts")
    if not stated:
        return "Nothing is retained, as the receipts say."
    stores = "; ".join(f"{entry['holder']}.{entry['store']} until {entry['until']}" for entry in stated)
    return f"What is retained is what the receipts say, each with article, reason and end: {stores}."
