"""Is the audit record as it was sealed? Every chain is computed again and compared with the heads that were signed.

Found are rows changed, taken away, put in between or in another order, links and heads taken away with them, and
whole chains written anew: what a head outside the database says can be neither reached nor forged from inside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from agencies import chains
from agencies.audit import Act
from agencies.chains import NOBODYS, Head, Signer
from agencies.sealing import ACT, AGENCY, APART, COLUMNS, KIND, OWNER, AuditHead, row

LATE = timedelta(minutes=10)  # by then an event is sealed and its head published, if the workers run
BACKDATED = timedelta(hours=1)  # no transaction lasts that long


class Fault(NamedTuple):
    """One thing that is wrong, in a sentence."""

    chain: str
    sentence: str


@dataclass
class Report:
    """What was looked at, and what is wrong with it: of each chain the first broken row."""

    rows: int = 0
    chains: int = 0
    heads: int = 0
    waiting: int = 0
    faults: list[Fault] = field(default_factory=list)

    def say(self, chain: object, sentence: str) -> None:
        self.faults.append(Fault(str(chain), sentence))


def verify() -> Report:
    """Look at everything. Best in a transaction of its own that sees one state (REPEATABLE READ)."""
    report = Report()
    published = list(_published(report))  # before the database is read, which may only know more
    heads = _genuine(published, report)
    _verify_chains(heads, report)
    _verify_complete(report)
    return report


# --- Heads --------------------------------------------------------------------------------------------------


def _published(report: Report) -> Iterator[Head]:
    path = Path(settings.AUDIT_HEADS_FILE)
    if not path.exists():
        if AuditHead.objects.exists():
            report.say("", f"The heads file {path} is gone: without it a rewritten record is not noticed.")
        return
    with path.open(errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Head.read(line)
            except ValueError:
                report.say("", f"Line {number} of the heads file holds no head.")


def _genuine(published: list[Head], report: Report) -> dict[str, list[Head]]:
    """The heads that we signed, of file and database, by chain and in order. Says what is wrong with the others."""
    held = {head.pk: head.as_head() for head in AuditHead.objects.order_by("pk").iterator()}
    outside = {head.no: head for head in published}
    for no, head in outside.items():
        if held.get(no) != head:
            report.say(
                head.chain,
                f"Head {no} (row {head.seq}, {head.at}) was published; the database holds another or none.",
            )
    for no in sorted(held.keys() - outside.keys()):
        if held[no].at < (timezone.now() - LATE).isoformat():
            report.say(held[no].chain, f"Head {no} (row {held[no].seq}) is not in the heads file.")
            break
    by_chain: dict[str, list[Head]] = defaultdict(list)
    trusted = {Signer(Path(settings.AUDIT_SIGNING_KEY_FILE)).public, *settings.AUDIT_TRUSTED_KEYS}
    for head in sorted({*held.values(), *outside.values()}, key=lambda head: (head.seq, head.no)):
        report.heads += 1
        if wrong := _wrong_signature(head, trusted):
            report.say(head.chain, f"Head {head.no} (row {head.seq}) {wrong}.")
        else:
            by_chain[head.chain].append(head)
    return by_chain


def _wrong_signature(head: Head, trusted: set[str]) -> str:
    if head.key not in trusted:
        return "is signed with a key that is not trusted"
    return "" if head.is_genuine() else "bears a signature that is not ours"


# --- Chains -------------------------------------------------------------------------------------------------

_LINKS = f"""
    select l.chain::text, l.seq, l.event_id, l.hash, e.id, {COLUMNS}
    from agencies_auditlink l left join agencies_auditevent e on e.id = l.event_id
    order by l.chain, l.seq
"""  # noqa: S608


class _Chain:
    """One chain as it is computed again, row by row; silent after its first fault."""

    def __init__(self, chain: str, heads: Iterable[Head], report: Report) -> None:
        self.chain, self.report, self.heads = chain, report, iter(heads)
        self.seq, self.end, self.is_broken, self.headed = 0, chains.start(chain), False, 0
        self.head = next(self.heads, None)
        self.oldest = ""  # before this moment, as text in UTC, nothing that is sealed now can have happened

    def take(self, link: tuple[Any, ...]) -> None:
        if self.is_broken:
            return
        _, seq, event_id, hash, found, *values = link
        self.end = chains.link(self.end, self.seq + 1, chains.leaf(row(values, self.chain)) if found else b"")
        self.seq += 1
        wrong = self._wrong(seq, event_id, bytes(hash), found, values)
        if wrong:
            self._break(wrong)
        else:
            self._pass_heads()

    def _wrong(self, seq: int, event_id: int, hash: bytes, found: int | None, values: list[Any]) -> str:
        if seq != self.seq:
            return f"Row {self.seq} is missing: row {seq} follows the one before."
        if found is None:
            return f"Row {seq}: its event {event_id} is gone."
        if hash != self.end:
            return f"Row {seq} (event {event_id}, {values[0][:19]}) is not as it was sealed."
        concerned = {values[AGENCY] or NOBODYS, values[OWNER]}
        if values[KIND] == APART:  # older ones stand in their agency's
            concerned.add(NOBODYS)
        if self.chain not in concerned and values[ACT] != Act.DENIED:
            return f"Row {seq} (event {event_id}) is another agency's."
        if values[0] < self.oldest:
            return f"Row {seq} (event {event_id}) is dated {values[0][:19]}, long before it was sealed."
        return ""

    def _pass_heads(self) -> None:
        while self.head and self.head.seq == self.seq:
            if self.head.hash != self.end.hex():
                self._break(
                    f"Up to row {self.seq} the chain is another than the one signed at {self.head.at}."
                )
                return
            self.oldest = (datetime.fromisoformat(self.head.at) - BACKDATED).isoformat()
            self.headed = self.seq
            self.head = next(self.heads, None)

    def close(self) -> None:
        if self.is_broken:
            return
        if self.head:
            self._break(
                f"The chain ends at row {self.seq}; row {self.head.seq} was signed at {self.head.at}."
            )
        elif self.headed != self.seq:
            self._break(f"Rows {self.headed + 1} to {self.seq} are under no signed head.")

    def _break(self, sentence: str) -> None:
        self.is_broken = True
        self.report.say(self.chain, sentence)


def _verify_chains(heads: dict[str, list[Head]], report: Report) -> None:
    current: _Chain | None = None
    for link in _rows(_LINKS):
        if current is None or current.chain != link[0]:
            if current:
                current.close()
            current = _Chain(link[0], heads.pop(link[0], []), report)
            report.chains += 1
        current.take(link)
        report.rows += 1
    if current:
        current.close()
    for chain, signed in heads.items():
        report.say(chain, f"The whole chain is gone; row {signed[-1].seq} was signed at {signed[-1].at}.")


def _rows(sql: str) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(5_000):
            yield from rows


# --- Completeness -------------------------------------------------------------------------------------------

_UNSEALED = f"""
    select e.id, e.at, coalesce(e.agency_id, '{NOBODYS}'), w.event_id is not null
    from agencies_auditevent e
    left join agencies_auditlink l on l.event_id = e.id and (
        l.chain = coalesce(e.agency_id, '{NOBODYS}') or e.kind = '{APART}' and l.chain = '{NOBODYS}')
    left join agencies_auditpending w on w.event_id = e.id
    where l.id is null order by e.id
"""  # noqa: S608

_UNTOLD = """
    select e.id, e.owner_id from agencies_auditevent e
    join agencies_auditlink own on own.event_id = e.id and own.chain = coalesce(e.agency_id, %s)
    left join agencies_auditlink l on l.event_id = e.id and l.chain = e.owner_id
    where e.owner_id is not null and l.id is null order by e.id limit 1
"""


def _verify_complete(report: Report) -> None:
    """Every event is sealed, or waits for it, and not for long."""
    oldest = timezone.now()
    for event_id, at, chain, is_waiting in _rows(_UNSEALED):
        report.waiting += is_waiting
        oldest = min(at, oldest) if is_waiting else oldest
        if not is_waiting:
            report.say(
                chain, f"Event {event_id} ({at:%Y-%m-%d %H:%M:%S}) is neither sealed nor waiting to be."
            )
    if oldest < timezone.now() - LATE:
        report.say(
            "",
            f"Events wait to be sealed since {oldest:%Y-%m-%d %H:%M}: no worker runs. ./run manage seal_audit does it.",
        )
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD, [NOBODYS])
        for event_id, owner in cursor.fetchall():
            report.say(owner, f"Event {event_id} is a look at this agency's record and not in its chain.")
