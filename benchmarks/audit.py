"""What the audit record costs: events written, sealed and verified each second.

    ./run bench audit [rows]

Fills the record with `rows` events (default 100,000) of eight agencies, half of them looks at another agency's record,
each in one statement as the app writes it, measured over the first 2,000; the rest in bulk. Then seals and verifies
all of it, as `./run manage seal_audit` and `verify_audit` do. Runs on a database of its own, where rows stay.
"""

from __future__ import annotations

import os
import sys
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskforce.settings")
django.setup()

from agencies import acting  # noqa: E402

acting.be_the_system()

from agencies import sealing  # noqa: E402
from agencies.audit import Act, AuditEvent  # noqa: E402
from agencies.management.commands.verify_audit import one_state  # noqa: E402
from agencies.verifying import verify  # noqa: E402

ONE_BY_ONE = 2_000
AGENCIES = [uuid.uuid5(uuid.NAMESPACE_DNS, f"bench {n}") for n in range(8)]


def main(rows: int) -> None:
    sealing.seal()
    began = time.perf_counter()
    for n in range(min(rows, ONE_BY_ONE)):
        event(n).save(force_insert=True)
    tell("recorded one by one", min(rows, ONE_BY_ONE), began)
    began = time.perf_counter()
    for start in range(ONE_BY_ONE, rows, 10_000):
        AuditEvent.objects.bulk_create(event(n) for n in range(start, min(start + 10_000, rows)))
    if rows > ONE_BY_ONE:
        tell("recorded in bulk", rows - ONE_BY_ONE, began)
    began = time.perf_counter()
    tell("sealed", sealing.seal(), began)
    began = time.perf_counter()
    with one_state():
        report = verify()
    tell("verified", report.rows, began)
    for fault in report.faults[:5]:
        print(f"{fault.chain}: {fault.sentence}")
    sys.exit(bool(report.faults))


def event(n: int) -> AuditEvent:
    """One of a day's events: what a page view or an edit writes."""
    agency = AGENCIES[n % len(AGENCIES)]
    is_look = n % 2 == 0
    return AuditEvent(
        act=Act.VIEWED if is_look else Act.EDITED,
        kind="cases.case",
        object_id=uuid.uuid4(),
        actor_id=uuid.uuid4(),
        actor_name="Jordan Example",
        agency_id=agency,
        owner_id=AGENCIES[(n + 3) % len(AGENCIES)] if is_look else None,
        address="192.0.2.17",
        facts={"level": "View"} if is_look else {"fields": ["summary", "title"]},
        request_id=uuid.uuid4(),
    )


def tell(what: str, rows: int, began: float) -> None:
    seconds = time.perf_counter() - began
    print(f"{rows:>10,} rows {what}: {seconds:7.1f} s, {rows / seconds:>9,.0f} a second")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
