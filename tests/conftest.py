"""The fixed cast. Three agencies of one task force, and a provider; read this once and every test is plain.

**Northland Police**: Alice investigates, Anna supervises, Ada administers. They own most rows.
**Eastport Prosecution**: Bob investigates, Bea supervises, `bob_api` is its API client. They get shares.
**Southshore Border Guard**: Charlie investigates, Cora supervises. Nothing is shared with them: they must see nothing.
**Harbour House** (victim service provider): Nora is its caseworker.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from typing import Any

import dj_database_url
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client

from agencies import acting
from agencies.models import Agency, TaskForce, User
from agencies.permissions import Role
from tests.factories import agency, person, task_force
from victims import keyring

# Playwright's synchronous API holds an event loop, in which Django would refuse the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
APP_ROLE = "taskforce_app"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Test databases are made by the owner of the tables …"""
    owner = dj_database_url.parse(os.environ["DATABASE_OWNER_URL"])
    connection.settings_dict.update({key: owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT")})
    connection.settings_dict["NAME"] = os.environ.get("TEST_DATABASE", owner["NAME"])  # made as test_<NAME>


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """… and used by the app's role, which owns nothing, exactly as in an office.

    A test arranges and asserts across agencies, so as the system; what it asks as somebody runs for them.
    """
    options = connection.settings_dict["OPTIONS"]
    with django_db_blocker.unblock():
        connection.close()
        options["assume_role"] = APP_ROLE
        connection.settings_dict["CONN_MAX_AGE"] = 0  # or threads of the live server keep the database in use
        with acting.on_behalf_of(acting.SYSTEM):
            yield
        connection.close()
        del options["assume_role"]
        _end_other_sessions()


def _end_other_sessions() -> None:
    """A thread of the live server may still be answering a browser that has gone; the database is dropped next."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
    connection.close()


@pytest.fixture(scope="session", autouse=True)
def _flush_as_owner() -> Iterator[None]:
    """Emptying tables between transactional tests is the owner's right, not the app's.

    A worker or a page of the test that just ended may still be at its last statement: against that deadlock, again.
    """
    flush = DatabaseOperations.execute_sql_flush

    def as_owner(self: DatabaseOperations, sql_list: list[str]) -> None:
        for attempt in range(5):
            try:
                return flush(self, ["RESET ROLE", *sql_list, f"SET ROLE {acting.SYSTEM_ROLE}"])
            except OperationalError:
                if attempt == 4:
                    raise
                time.sleep(1)
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", as_owner)
        yield


@pytest.fixture(scope="session", autouse=True)
def _without_second_factor() -> Iterator[None]:
    """Who signs in within a test has no telephone, and came a moment ago. Tests of these requirements switch them on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "REQUIRE_MFA", False)
        patch.setattr(settings, "EMERGENCY_SETTLED_DAYS", 0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _key_ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Victims' identities of a test are locked with keys of its own."""
    path = tmp_path_factory.mktemp("secrets") / "victim-keys"
    keyring.make(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "VICTIM_KEY_RING_FILE", str(path))
        yield


@pytest.fixture
def northland(db: None) -> Agency:
    return agency("Northland Police", "NPD", kind="police", country="US")


@pytest.fixture
def eastport(db: None) -> Agency:
    return agency("Eastport Prosecution", "EPO", kind="prosecution", country="MX")


@pytest.fixture
def southshore(db: None) -> Agency:
    return agency("Southshore Border Guard", "SBG", kind="border_guard", country="US")


@pytest.fixture
def harbour(db: None) -> Agency:
    return agency("Harbour House", "HH", kind="service_provider", country="US")


@pytest.fixture(autouse=True)
def crossroads(request: pytest.FixtureRequest) -> TaskForce | None:
    """All four agencies work in one task force, whenever a test uses the cast."""
    cast = {"northland", "eastport", "southshore", "harbour"}
    wanted = sorted(cast & set(request.fixturenames))
    if not wanted:
        return None
    return task_force("Crossroads", [request.getfixturevalue(name) for name in wanted])


@pytest.fixture
def alice(northland: Agency) -> User:
    return person("Alice", northland, Role.INVESTIGATOR)


@pytest.fixture
def anna(northland: Agency) -> User:
    return person("Anna", northland, Role.SUPERVISOR)


@pytest.fixture
def ada(northland: Agency) -> User:
    return person("Ada", northland, Role.AGENCY_ADMINISTRATOR)


@pytest.fixture
def bob(eastport: Agency) -> User:
    return person("Bob", eastport, Role.INVESTIGATOR)


@pytest.fixture
def bea(eastport: Agency) -> User:
    return person("Bea", eastport, Role.SUPERVISOR)


@pytest.fixture
def bob_api(eastport: Agency) -> User:
    return person("Eastport API", eastport, Role.SERVICE_ACCOUNT)


@pytest.fixture
def charlie(southshore: Agency) -> User:
    return person("Charlie", southshore, Role.INVESTIGATOR)


@pytest.fixture
def cora(southshore: Agency) -> User:
    return person("Cora", southshore, Role.SUPERVISOR)


@pytest.fixture
def nora(harbour: Agency) -> User:
    return person("Nora", harbour, Role.VICTIM_CASEWORKER)


@pytest.fixture
def as_user() -> Any:
    """`as_user(alice)`: a test client signed in as Alice."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium: no browser is downloaded."""
    flags = [
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    return {**browser_type_launch_args, "executable_path": shutil.which("chromium"), "args": flags}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--release", action="store_true", help="run the large sizes too, as before a release")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--release") and "release" not in config.getoption("-m"):
        skip = pytest.mark.skip(reason="long; ./run test --release runs it")
        for item in items:
            if "release" in item.keywords:
                item.add_marker(skip)
    if shutil.which("chromium") is None:
        skip = pytest.mark.skip(reason="no Chromium on this machine; apt install chromium brings these tests")
        for item in items:
            if "browser" in item.keywords:
                item.add_marker(skip)
