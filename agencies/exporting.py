"""The audit record as files for an inspector: a table to read, and rows with their proofs to check without us.

The second is a piece of the agency's chain without a gap: rows that were not asked for stand in it as their
fingerprint alone. docs/how-tos/audit.md says how to check it, docs/how-tos/check_audit_export.py does.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from agencies import chains, sealing
from agencies.acting import as_system
from agencies.audit import NOTHING, AuditEvent, AuditQuerySet
from agencies.inspecting import audit_lines, bases
from agencies.models import Agency, User
from agencies.policies import Refused
from agencies.sealing import COLUMNS, AuditHead, AuditLink, row

MOST_ROWS = 50_000
_AT_ONCE = 1_000
COLUMNS_OF_TABLE = (
    "When (UTC)", "Agency", "Person", "What", "Record", "Record id", "Reason", "Basis", "Address", "Chain row", "Hash",
)  # fmt: skip


_APART = "in the installation's chain"  # which whoever runs it verifies


def _too_many() -> Refused:
    return Refused(f"These are more than {MOST_ROWS:,} rows. Choose a shorter time and take several files.")


# --- A table --------------------------------------------------------------------------------------------------


@as_system
def as_csv(events: AuditQuerySet, reader: User) -> tuple[str, int]:
    """The events as sentences, oldest first, and how many."""
    rows = list(events.order_by("at", "pk")[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        raise _too_many()
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS_OF_TABLE)
    for begin in range(0, len(rows), _AT_ONCE):
        table.writerows(_table_rows(rows[begin : begin + _AT_ONCE], reader))
    return text.getvalue(), len(rows)


def _table_rows(events: list[AuditEvent], reader: User) -> Iterator[list[str]]:
    basis = bases(events, reader)
    links = AuditLink.objects.filter(
        chain=reader.agency_id or NOTHING, event_id__in=[event.pk for event in events]
    )
    places = {link.event_id: (str(link.seq), bytes(link.hash).hex()) for link in links}
    for event, told in zip(events, audit_lines(events, reader), strict=True):
        address = str(event.address or "") if event.agency_id == reader.agency_id else ""
        cells = (
            f"{event.at:%Y-%m-%d %H:%M:%S.%f}", told.agency, told.line.by, told.line.said, told.record,
            str(event.object_id), told.line.quote, basis.get(event.pk, ""), address,
            *places.get(event.pk, (_APART if event.kind == sealing.APART else "not sealed yet", "")),
        )  # fmt: skip
        yield [safe(cell) for cell in cells]


def safe(cell: str) -> str:
    """A cell that a spreadsheet takes as text, whatever it begins with, also one that splits lines at semicolons."""
    cell = _WOULD_BEGIN.sub(r"\1'", cell)
    return f"'{cell}" if cell.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else cell


_WOULD_BEGIN = re.compile(r"([;\t\r\n]\s*)(?=[=+\-@])")


# --- Rows with proofs -------------------------------------------------------------------------------------------


@as_system
def as_proof(events: AuditQuerySet, reader: User, agency: Agency, asked: dict[str, str]) -> tuple[str, int]:
    """The sealed events among these as a piece of the agency's chain in JSON lines, and how many."""
    wanted = set(events.order_by().values_list("pk", flat=True)[: MOST_ROWS + 1])
    links = AuditLink.objects.filter(chain=agency.pk)
    sealed = set(links.filter(event_id__in=wanted).values_list("event_id", flat=True))
    ends = links.filter(event_id__in=sealed).aggregate(first=Min("seq"), last=Max("seq"))
    first, last = ends["first"] or 1, _headed(agency, ends["last"] or 0)
    if len(wanted) > MOST_ROWS or last - first >= 4 * MOST_ROWS:
        raise _too_many()
    before = links.filter(seq=first - 1).first()
    head = {
        "format": "taskforce-audit-1", "chain": str(agency.pk), "agency": agency.name, "asked": asked,
        "taken_at": timezone.now().isoformat(timespec="seconds"), "taken_by": reader.name, "rows": len(sealed),
        "not_sealed_yet": len(wanted) - len(sealed),
        "before": {"seq": first - 1, "hash": (bytes(before.hash) if before else chains.start(str(agency.pk))).hex()},
    }  # fmt: skip
    lines = [head, *_piece(agency, first, last, sealed), *_heads(agency, first, last)]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), len(sealed)


def _headed(agency: Agency, last: int) -> int:
    """The row at or after `last` that a signed head stands on."""
    found = AuditHead.objects.filter(chain=agency.pk, seq__gte=last).aggregate(seq=Min("seq"))["seq"]
    return found if found and last else last


def _piece(agency: Agency, first: int, last: int, wanted: set[int]) -> Iterable[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"select l.seq, l.hash, l.event_id, {COLUMNS} from agencies_auditlink l"  # noqa: S608
            " join agencies_auditevent e on e.id = l.event_id"
            " where l.chain = %s and l.seq between %s and %s order by l.seq",
            [agency.pk, first, last],
        )
        for seq, hash, event_id, *values in cursor:
            told = row(values, str(agency.pk))
            content = {"row": json.loads(told)} if event_id in wanted else {"leaf": chains.leaf(told).hex()}
            yield {"seq": seq, "hash": bytes(hash).hex(), **content}


def _heads(agency: Agency, first: int, last: int) -> Iterable[dict[str, Any]]:
    """The signed heads on the piece, without their numbers, which are counted over all agencies."""
    for head in AuditHead.objects.filter(chain=agency.pk, seq__range=(first, last)).order_by("seq"):
        signed = asdict(head.as_head())
        del signed["no"]
        yield {"head": signed}
