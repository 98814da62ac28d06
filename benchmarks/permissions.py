"""What rights cost when there are many: lists, boards, counts, search and API pages of agencies of three sizes.

    ./run bench permissions [leads …]

Builds leads, cases, subjects, attachments and grants of sixty agencies (default 10,000 leads, then 1,000,000 with five
million grants), each size in a database of its own that stays for the next run, and asks real pages, through Django's
test client, for an agency that sees 38 % of the leads, one that sees 6 % and one that sees three in ten thousand.
Printed for each page, in milliseconds: processor time of web process and database (median; the clock of a machine that
does other things too says little), the clock's median and 95th percentile, SQL statements; last, the ratio of sizes.
"""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskforce.settings")
os.environ.update(REQUIRE_MFA="0", ALLOWED_HOSTS="testserver")
SIZES = [10_000, 1_000_000]
TIMES = int(os.environ.get("BENCH_TIMES", "20"))  # how often each page is asked


def main(sizes: list[int]) -> None:
    medians: dict[int, dict[str, float]] = {}
    for size in sizes:
        environment = {**os.environ, **{name: f"{os.environ[name].rpartition('/')[0]}/rights_{size}"
                                        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}}  # fmt: skip
        prepare(size, environment)
        medians[size] = dict(measured(size, environment))
    if len(sizes) > 1:
        first, last = medians[sizes[0]], medians[sizes[-1]]
        print(f"Ratio of medians, {sizes[-1]:,} to {sizes[0]:,} leads:")
        for page, median in last.items():
            print(f"  {median / first[page]:5.1f} {page}")


def measured(size: int, environment: dict[str, str]) -> Iterator[tuple[str, float]]:
    command = [sys.executable, __file__, "measure", str(size)]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > 5 and cells[3].replace(".", "").isdigit():
                yield f"{cells[1]} ({cells[2].split()[0]})", float(cells[3])


def prepare(size: int, environment: dict[str, str]) -> None:
    """Create and fill the database of this size, unless an earlier run did."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        name = f"rights_{size}"
        if owner.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).rowcount:
            return
        owner.execute(f"CREATE DATABASE {name}")
    print(f"{size:,} leads:", flush=True)
    as_owner = {**environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]}
    command = [sys.executable, "manage.py", "prepare_database", "--verbosity", "0"]
    subprocess.run(command, env=as_owner, check=True)
    subprocess.run([sys.executable, __file__, "build", str(size)], env=environment, check=True)


# --- Measuring, in a process of its own for each database ---------------------------------------------------


def measure(size: int) -> None:
    from agencies.models import Agency
    from benchmarks._rights import LARGE, MEDIAN, TINY
    from intel.models import LeadReach

    print(
        f"| {size:,} leads | agency | CPU | of it database | p50 | p95 | statements |\n|---|---|---|---|---|---|---|"
    )
    for label, place in (("large", LARGE), ("median", MEDIAN), ("tiny", TINY)):
        agency = Agency.objects.get(short_name=f"B{place}")
        reach = LeadReach.objects.filter(agency=agency).values("lead").distinct().count()
        for page, ask in pages(agency):
            cpu, database, took, statements = timed(ask)
            p95 = statistics.quantiles(took, n=20, method="inclusive")[-1]
            print(
                f"| {page} | {label} of {reach:,} | {cpu:.1f} | {database:.1f} | {statistics.median(took):.1f} |"
                f" {p95:.1f} | {statements} |", flush=True,
            )  # fmt: skip


def timed(ask: Callable[[], Any]) -> tuple[float, float, list[float], int]:
    """Medians of the processor's milliseconds, in all and in the database; those of the clock; SQL statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(2):
        ask()
    with CaptureQueriesContext(connection) as asked:
        ask()
        statements = len(asked)
    database, cpu, took = [], [], []
    for _ in range(TIMES):
        began, used, in_database = time.perf_counter(), time.process_time(), spent_by(connection)
        ask()
        took.append((time.perf_counter() - began) * 1000)
        database.append((spent_by(connection) - in_database) * 1000)
        cpu.append((time.process_time() - used) * 1000 + database[-1])
    return statistics.median(cpu), statistics.median(database), took, statements


def spent_by(connection: Any) -> float:
    """Seconds of processor time that our backend has used; 0 where the server is on another machine."""
    connection.ensure_connection()
    try:
        return (
            int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0])
            / 1e9
        )
    except OSError:
        return 0.0


def pages(agency: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    from django.test import Client
    from django.urls import reverse

    from agencies.models import User
    from agencies.permissions import Role
    from benchmarks._rights import COMMON, RARE

    client = Client(raise_request_exception=True)
    person = User.objects.get(agency=agency, role=Role.INVESTIGATOR)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    leads, cases = reverse("intel:lead-list"), reverse("cases:case-list")

    def asks(path: str, **query: Any) -> Callable[[], Any]:
        def ask() -> Any:
            answer = client.get(path, query)
            assert answer.status_code == 200, (path, answer.status_code)
            return answer

        return ask

    yield "leads, newest", asks(leads, view="all")
    yield "leads, deep", asks(leads, view="all", before=middle_of(agency))
    yield "leads, status of 10 %", asks(leads, view="all", status="new")
    yield "leads, status of 0.1 %", asks(leads, view="all", status="rejected")
    yield "leads, shared with us", asks(leads, view="shared")
    yield "leads, common word", asks(leads, view="all", q=COMMON)
    yield "leads, common word and status", asks(leads, view="all", q=COMMON, status="new")
    yield "leads, rare word", asks(leads, view="all", q=RARE)
    yield "search, common word", asks(reverse("intel:search"), q=COMMON)
    yield "search, rare word", asks(reverse("intel:search"), q=RARE)
    yield "cases", asks(cases)
    yield "cases, overdue tasks", asks(cases, tasks="overdue")
    yield "desk", asks(reverse("agencies:desk"))
    yield from api_pages(agency)


def middle_of(agency: Any) -> str:
    """The cursor of a page in the middle of what the agency has."""
    from agencies.pages import PLAIN
    from intel.models import Lead

    rows = Lead.objects.filter(reach__agency=agency).order_by("-created_at")
    middle = rows[rows.count() // 2]
    return PLAIN.write([middle.created_at.isoformat(), str(middle.pk)])


def api_pages(agency: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    from django.test import Client
    from django.utils import timezone
    from oauth2_provider.models import AccessToken, Application

    from agencies.models import ClientTerms, User
    from agencies.permissions import Role

    account = User.objects.get(agency=agency, role=Role.SERVICE_ACCOUNT)
    end = timezone.now() + timedelta(days=1)
    program, _ = Application.objects.get_or_create(
        user=account,
        name=account.name,
        client_type="confidential",
        authorization_grant_type="client-credentials",
    )
    ClientTerms.objects.get_or_create(application=program, defaults={"purpose": "Bench", "expires_at": end})
    token = secrets.token_urlsafe(20)
    AccessToken.objects.create(application=program, token=token, scope="read", expires=end)
    client = Client(raise_request_exception=True)

    def asks(**query: Any) -> Callable[[], Any]:
        def ask() -> Any:
            answer = client.get("/api/v1/leads/", query, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, answer.content
            return answer

        return ask

    yield "API, first page", asks()
    cursor = asks()().json()["next"]
    for _ in range(20):
        cursor = asks(cursor=cursor)().json()["next"]
    yield "API, twentieth page", asks(cursor=cursor)


if __name__ == "__main__":
    part, *rest = sys.argv[1:] or [""]
    if part in {"build", "measure"}:
        django.setup()
        from agencies import acting

        acting.be_the_system()
        from benchmarks import _rights

        (_rights.build if part == "build" else measure)(int(rest[0]))
    else:
        main([int(size) for size in sys.argv[1:]] or SIZES)
