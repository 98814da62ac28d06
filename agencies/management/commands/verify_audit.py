from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from psycopg import IsolationLevel

from agencies.acting import as_system
from agencies.chains import Signer
from agencies.models import Agency
from agencies.verifying import Report, verify


class Command(BaseCommand):
    help = "Compute every chain of the audit record again and compare it with the heads signed outside the database."

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        with one_state():
            report = verify()
            names = {str(agency.pk): agency.name for agency in Agency.objects.all()}
        seconds = time.monotonic() - began
        for chain, sentence in report.faults:
            where = f"{names.get(chain, 'Installation')}: " if chain else ""
            self.stderr.write(f"{where}{sentence}")
        self.stdout.write(self.summary(report, seconds))
        if report.faults:
            sys.exit(1)

    def summary(self, report: Report, seconds: float) -> str:
        key = Signer(Path(settings.AUDIT_SIGNING_KEY_FILE)).public
        verdict = f"{len(report.faults)} FAULTS" if report.faults else "all as sealed"
        return (
            f"{report.rows:,} rows in {report.chains:,} chains against {report.heads:,} signed heads in {seconds:.1f} s: "
            f"{verdict}. {report.waiting:,} events wait to be sealed.\nPublic key: {key}"
        )


@contextlib.contextmanager
def one_state() -> Iterator[None]:
    """One state of the database, however long it takes; inside another transaction its state."""
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    # Said before it begins: a transaction's first statement tells the second lock for whom it runs.
    raw.isolation_level, raw.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with transaction.atomic():
            yield
    finally:
        raw.isolation_level = raw.read_only = None
