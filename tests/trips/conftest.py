"""A trip runs through everything that is real: browser or HTTP client, web, PostgreSQL, Valkey, a Celery worker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection

from agencies.models import Agency, User
from tests.factories import PASSWORD


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A real worker process on the tests' own database and queue, as the app's role.

    It ends with its test, before the tables are emptied: otherwise it would take a hand in the trips that follow.
    """
    queue = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    current_app.conf.task_default_queue = queue
    current_app.amqp.__dict__.pop("queues", None)  # built from the conf on first use
    name = f"{queue}@localhost"  # a name of its own: other workers may answer on the same broker
    options = ["-P", "solo", "-Q", queue, "-n", name, "-l", "ERROR"]
    command = [sys.executable, "-m", "celery", "-A", "taskforce", "worker", *options]
    environment = {**os.environ, "DATABASE_URL": app_url(), "TASK_QUEUE": queue}
    process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    try:
        wait_until(lambda: bool(current_app.control.ping([name], timeout=1)), 240)
        yield
    finally:
        process.terminate()
        process.wait(20)


def app_url() -> str:
    """DATABASE_URL of the app's role on the test database."""
    at = connection.settings_dict
    role = os.environ["DATABASE_URL"].split("//")[1].split("@")[0]
    return f"postgresql://{role}@{quote(at['HOST'], safe='')}{':' + str(at['PORT']) if at['PORT'] else ''}/{at['NAME']}"


def wait_until(holds: Callable[[], bool], seconds: float) -> float:
    """Seconds waited until `holds()`; fails when it does not in time."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - begun


@pytest.fixture
def contacts(northland: Agency, eastport: Agency, anna: User, bea: User) -> None:
    """Anna and Bea are the officers whom partners ask."""
    for agency, contact in ((northland, anna), (eastport, bea)):
        agency.contact = contact
        agency.save()


@pytest.fixture
def passwords(alice: User, bob: User, anna: User, bea: User) -> None:
    for user in (alice, bob, anna, bea):
        user.set_password(PASSWORD)
        user.save()
