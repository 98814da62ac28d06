"""The built-in PostgreSQL: its roles keep the walls up, and it comes back from a hard death."""

import os
import signal

import psycopg
import pytest

from taskforce.local import processes
from taskforce.local.home import Home
from taskforce.local.postgres import APP, OWNER, Postgres


def query(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_the_app_role_is_bound_by_row_security_and_owns_nothing(postgres: Postgres) -> None:
    app = postgres.url(APP)

    powers = query(
        app,
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user",
    )

    assert powers == [(False, False, False, False)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(app, "CREATE TABLE mine (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(app, f"SET ROLE {OWNER}")


def test_a_test_database_of_the_owner_gives_the_app_the_same_rights_as_the_real_one(
    postgres: Postgres,
) -> None:
    query(postgres.url(OWNER), "CREATE DATABASE test_taskforce")
    owner, app = postgres.url(OWNER, "test_taskforce"), postgres.url(APP, "test_taskforce")
    query(owner, "CREATE TABLE leads (id serial PRIMARY KEY, name text)")

    query(app, "INSERT INTO leads (name) VALUES ('Łódź'), ('Москва')")

    assert query(app, "SELECT unaccent(name), similarity(name, 'Лодзь') >= 0 FROM leads ORDER BY id") == [
        ("Lodz", True),
        ("Москва", True),
    ]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(app, "TRUNCATE leads")


def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(postgres.url(APP).replace(postgres.home.secret(APP), "guess"), "SELECT 1")


def test_it_listens_to_no_network(postgres: Postgres) -> None:
    assert query(postgres.url(APP), "SHOW listen_addresses") == [("",)]
    assert postgres.home.sockets.stat().st_mode & 0o077 == 0


def test_what_was_saved_is_there_after_a_hard_kill(home: Home) -> None:
    postgres = Postgres(home)
    postgres.start()
    query(postgres.url(OWNER), "CREATE TABLE leads (name text)")
    query(postgres.url(APP), "INSERT INTO leads VALUES ('saved')")

    os.kill(int((postgres.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert processes.wait_until(lambda: not postgres.is_alive(), 10)
    postgres.start()

    assert query(postgres.url(APP), "SELECT name FROM leads") == [("saved",)]
    postgres.stop()


def test_a_server_left_by_a_killed_run_is_taken_over(postgres: Postgres) -> None:
    heir = Postgres(postgres.home, is_durable=False)
    before = (postgres.data / "postmaster.pid").read_text()

    heir.start()

    assert (postgres.data / "postmaster.pid").read_text() == before


def test_a_stale_process_id_of_a_stranger_does_not_stop_the_start(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data}\n")

    postgres.start()

    assert postgres.is_running()


def test_a_first_start_killed_halfway_leaves_nothing_that_looks_like_a_database(postgres: Postgres) -> None:
    postgres.stop()
    postgres.data.rename(postgres.data.with_suffix(".partial"))

    postgres.start()

    assert query(postgres.url(APP), "SELECT current_user") == [(APP,)]


def test_no_statement_with_a_name_in_it_reaches_the_log(postgres: Postgres) -> None:
    query(postgres.url(OWNER), "CREATE TABLE people (name text UNIQUE)")
    query(postgres.url(APP), "INSERT INTO people VALUES ('Amara Diallo')")

    with pytest.raises(psycopg.errors.UniqueViolation):
        query(postgres.url(APP), "INSERT INTO people VALUES ('Amara Diallo')")

    log = postgres.log.read_text()
    assert "people_name_key" in log
    assert "Amara" not in log
