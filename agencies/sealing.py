"""Sealing the audit record: events are written without a lock, and chained a little later, by one process at a time.

An event joins the chain of the agency that acted and, if it was a look at another agency's record, that of the owner:
so each chain is all that its agency may read, and proves it without telling how much others do. What is about canaries
joins the installation's own. What waits to be sealed is a table of its own that the database fills: an event whose
transaction commits late is sealed late, never lost.
"""

from __future__ import annotations

import fcntl
import functools
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q

from agencies import chains
from agencies.audit import Act, AuditEvent, AuditQuerySet, on_rows_kept_from
from agencies.chains import NOBODYS, Head, Signer
from agencies.permissions import Permission
from agencies.visibility import Shareable

BATCH = 5_000
_ONE_SEALER = 0x7A5C  # the advisory lock's number

# An event as text, in which a million rows are compared; the moment in UTC to the microsecond.
COLUMNS = """
    to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), e.act, e.kind, e.object_id::text,
    e.actor_id::text, e.actor_name, e.agency_id::text, e.owner_id::text, host(e.address), e.request_id::text,
    e.facts::text
"""
ACT, KIND, AGENCY, OWNER = 1, 2, 6, 7  # where these stand among COLUMNS
# What is kept from most who read their agency's chain, down to its number: behind each look at a canary stood a row.
APART = "agencies.canary"


class AuditPending(models.Model):
    """An event that waits to be sealed. A trigger on the events writes it, sealing takes it away."""

    event_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.event_id)


class AuditLink(models.Model):
    """An event's place in a chain."""

    chain = models.UUIDField()
    seq = models.BigIntegerField()
    event_id = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="one_link_per_place"),
            models.UniqueConstraint(fields=["event_id", "chain"], name="one_place_per_chain"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.chain} {self.seq}"


class AuditHead(models.Model):
    """A signed end of a chain, as it also stands in the heads file."""

    chain = models.UUIDField()
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.CharField(max_length=40)  # text: the signature is over these very characters
    key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        indexes = [models.Index(fields=["chain", "seq"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.chain} {self.seq}"

    def as_head(self) -> Head:
        return Head(self.pk, str(self.chain), self.seq, self.hash, self.at, self.key, self.signature)


def denied_of(viewer: Any) -> AuditQuerySet:
    """Refusals that partners met at records of the viewer's agency, as far as they are sealed."""
    if viewer.sees_as is None or not viewer.may(Permission.READ_AUDIT):
        return AuditEvent.objects.none()
    ours = AuditLink.objects.filter(chain=viewer.sees_as.pk, event_id=OuterRef("pk"))
    denied = AuditEvent.objects.filter(Q(act=Act.DENIED) & ~Q(agency_id=viewer.sees_as.pk) & Exists(ours))
    return denied.exclude(on_rows_kept_from(viewer)).across()


# --- Rows ---------------------------------------------------------------------------------------------------


def row(values: Sequence[Any], chain: str) -> str:
    """An event in canonical JSON as the agency of `chain` may read it; `values` in the order of COLUMNS.

    Of another agency's look the owner learns who, what, when and why, not from which address. Written out here, keys
    in order, for the sake of a million rows: the encoder is asked for texts alone, and those repeat.
    """
    at, act, kind, object_id, actor_id, name, agency_id, owner_id, address, request_id, facts = values
    own_address = own_request = ""
    if chain == (agency_id or NOBODYS):
        own_address, own_request = f'"address":{_id(address)},', f',"request":{_id(request_id)}'
    return (
        f'{{"act":{_text(act)},"actor":{_id(actor_id)},{own_address}"agency":{_id(agency_id)},"at":"{at}",'
        f'"facts":{_facts(facts)},"kind":{_text(kind)},"name":{_text(name)},"object":{_id(object_id)},'
        f'"owner":{_id(owner_id)}{own_request}}}'
    )


def _id(value: str | None) -> str:
    """What PostgreSQL writes as a uuid or an address needs no escaping."""
    return f'"{value}"' if value else "null"


_text = functools.lru_cache(maxsize=50_000)(chains.canonical)


@functools.lru_cache(maxsize=50_000)
def _facts(text: str) -> str:
    return chains.canonical(json.loads(text))


# --- Sealing ------------------------------------------------------------------------------------------------


def seal() -> int:
    """Chain everything that waits, and publish the signed ends. Returns how many events were sealed."""
    signer, sealed = Signer(Path(settings.AUDIT_SIGNING_KEY_FILE)), 0
    while done := _seal_batch(signer):
        sealed += done
    publish()
    return sealed


@transaction.atomic
def _seal_batch(signer: Signer) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_ONE_SEALER])
        if not cursor.fetchone()[0]:
            return 0
        waiting = list(AuditPending.objects.order_by("pk").values_list("pk", flat=True)[:BATCH])
        cursor.execute(
            f"select e.id, {COLUMNS} from agencies_auditevent e where e.id = any(%s) order by e.id",  # noqa: S608
            [waiting],
        )
        events = cursor.fetchall()
    _chain(events, signer)
    AuditPending.objects.filter(pk__in=waiting).delete()
    return len(waiting)


def _chain(events: list[tuple[Any, ...]], signer: Signer) -> None:
    owners = _owners_of_denied(events)
    by_chain: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for event in events:
        for chain in _concerned(event, owners):
            by_chain[chain].append(event)
    links = [link for chain in sorted(by_chain) for link in _linked(chain, by_chain[chain])]
    AuditLink.objects.bulk_create(links, batch_size=1_000)
    ends = {str(link.chain): link for link in links}
    AuditHead.objects.bulk_create(_head(end, signer) for end in ends.values())


def _concerned(event: tuple[Any, ...], owners: dict[str, str]) -> set[str]:
    values = event[1:]
    owner = owners.get(values[3]) if values[ACT] == Act.DENIED else values[OWNER]
    own = NOBODYS if values[KIND] == APART else values[AGENCY] or NOBODYS
    return {own, *filter(None, [owner])}


def _owners_of_denied(events: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    """Whose the records are that somebody was denied. Asked here and not when it happened, where it would take time
    that tells a hidden record from none."""
    asked = {event[4] for event in events if event[1 + ACT] == Act.DENIED}
    found: dict[str, str] = {}
    for model in apps.get_models() if asked else ():
        if issubclass(model, Shareable):
            rows = model.objects.filter(pk__in=asked).values_list("pk", "agency_id")
            found |= {str(pk): str(agency) for pk, agency in rows}
    return found


def _linked(chain: str, events: list[tuple[Any, ...]]) -> Iterable[AuditLink]:
    last = AuditLink.objects.filter(chain=chain).order_by("-seq").first()
    seq, end = (last.seq, bytes(last.hash)) if last else (0, chains.start(chain))
    for event_id, *values in events:
        seq += 1
        end = chains.link(end, seq, chains.leaf(row(values, chain)))
        yield AuditLink(chain=chain, seq=seq, event_id=event_id, hash=end)


def _head(end: AuditLink, signer: Signer) -> AuditHead:
    at, text = datetime.now(UTC).isoformat(timespec="seconds"), bytes(end.hash).hex()
    return AuditHead(
        chain=end.chain, seq=end.seq, hash=text, at=at, key=signer.public,
        signature=signer.sign(str(end.chain), end.seq, text, at),
    )  # fmt: skip


# --- Outside the database -----------------------------------------------------------------------------------


def publish() -> int:
    """Append the heads that the heads file lacks, those too that a crash kept from it. Returns how many."""
    path = Path(settings.AUDIT_HEADS_FILE)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        fresh = list(AuditHead.objects.filter(pk__gt=_last_published(file)).order_by("pk"))
        file.write("".join(f"{head.as_head().line()}\n" for head in fresh).encode())
        file.flush()
        os.fsync(file.fileno())
    return len(fresh)


def _last_published(file: BinaryIO) -> int:
    """The number of the last head in the file. A line that a power cut tore is cut off first."""
    size = file.seek(0, SEEK_END)
    file.seek(max(0, size - 4096))
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    file.truncate(size - len(tail) + len(whole))
    lines = whole.splitlines()
    return Head.read(lines[-1].decode()).no if lines else 0
