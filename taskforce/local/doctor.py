"""`./run doctor`: one line for each thing that can be wrong, and what to do about it."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from taskforce.local import serve
from taskforce.local.console import Problem, say
from taskforce.local.home import CHECKOUT, Home
from taskforce.local.services import ROOM_TO_START, Services

ROLE_QUERY = """
SELECT current_user, rolsuper, rolbypassrls,
       EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid)
  FROM pg_roles WHERE rolname = current_user
"""


@dataclass(frozen=True)
class Finding:
    """One answered question; advice is what to do when it is not well."""

    what: str
    is_well: bool = True
    advice: str = ""

    def __str__(self) -> str:
        if self.is_well:
            return f"  OK       {self.what}"
        return f"  PROBLEM  {self.what}\n           {self.advice}"


def doctor(arguments: list[str]) -> int:
    """Look at everything; exit code 1 if anything is not well."""
    home = Home.open()
    services = Services(home)
    say(f"Taskforce in {CHECKOUT}, data in {home.root}")
    findings = []
    for finding in examine(home, services):
        say(str(finding))
        findings.append(finding)
    problems = sum(not finding.is_well for finding in findings)
    say(f"\n{problems} problem{'s' * (problems != 1)} found." if problems else "\nAll is well.")
    return 1 if problems else 0


def examine(home: Home, services: Services) -> Iterator[Finding]:
    """Every finding, in the order in which one thing needs the other."""
    yield Finding(f"Python {sys.version.split()[0]}")
    yield disk(home)
    is_serving = serve.is_locked(home)
    yield port(home, is_serving)
    try:
        with services.running():
            yield Finding(
                "PostgreSQL answers" if services.own_database else "DATABASE_URL names a server of yours"
            )
            yield Finding("Valkey answers" if services.own_broker else "REDIS_URL names a server of yours")
            env = services.environment()
            yield from (attempt(check, env) for check in (roles, migrations, settings, reach))
            if is_serving:
                yield attempt(worker, env)
    except Problem as problem:
        yield Finding(str(problem), is_well=False, advice=problem.advice)


def attempt(check: Callable[[Mapping[str, str]], Finding], env: Mapping[str, str]) -> Finding:
    """A check's finding; one that hangs is a finding, too."""
    try:
        return check(env)
    except subprocess.TimeoutExpired:
        return Finding(
            f"{check.__name__} took too long to look at", is_well=False, advice="Is the machine overloaded?"
        )


def disk(home: Home) -> Finding:
    free = home.free_bytes()
    return Finding(
        f"{free // 1_000_000:,} MB free for the data in {home.services}",
        free >= ROOM_TO_START,
        "Make room: PostgreSQL stops when its disk is full.",
    )


def port(home: Home, is_serving: bool) -> Finding:
    if is_serving:
        return Finding(f"Taskforce is running at {serve.running_at(home)}")
    try:
        with serve.listening(serve.USUAL_PORT):
            return Finding(f"Taskforce is not running; port {serve.USUAL_PORT} is free")
    except Problem:
        return Finding(f"Taskforce is not running; port {serve.USUAL_PORT} is taken, so another will be used")


def roles(env: Mapping[str, str]) -> Finding:
    """Row-level security binds neither an owner nor a superuser: the app must be neither."""
    import psycopg  # only here: it would cost every other command its start-up time

    try:
        with psycopg.connect(env["DATABASE_URL"], connect_timeout=5) as connection:
            row = connection.execute(ROLE_QUERY).fetchone()
    except psycopg.Error as error:
        return Finding(
            f"the app cannot connect to PostgreSQL: {error}", is_well=False, advice="Check DATABASE_URL."
        )
    name, *powers = row or ("unknown", True)
    return Finding(
        f"the app connects as {name}, "
        + (
            "which is superuser, bypasses row security or owns tables"
            if any(powers)
            else "which owns nothing"
        ),
        not any(powers),
        "Give DATABASE_URL a role like taskforce_app of taskforce/local/roles.sql, and DATABASE_OWNER_URL the owner.",
    )


def migrations(env: Mapping[str, str]) -> Finding:
    done = django("migrate", "--check", env=env)
    return Finding(
        "all migrations are applied" if done.returncode == 0 else "migrations are missing",
        done.returncode == 0,
        "Run ./run manage migrate (./run does it by itself).",
    )


def settings(env: Mapping[str, str]) -> Finding:
    done = django("check", "--database", "default", env=env)
    said = done.stderr.strip().splitlines()
    return Finding(
        "the settings are consistent"
        if done.returncode == 0
        else f"manage.py check: {said[-1] if said else 'failed'}",
        done.returncode == 0,
        "See ./run manage check --database default.",
    )


def reach(env: Mapping[str, str]) -> Finding:
    owner = {**env, "DATABASE_URL": env.get("DATABASE_OWNER_URL") or env["DATABASE_URL"]}
    done = django("check_reach", env=owner)
    return Finding(
        "each agency reaches what it is given"
        if done.returncode == 0
        else "what agencies reach is not what they are given",
        done.returncode == 0,
        "See ./run manage check_reach; with --mend it is written anew. Please report it.",
    )


def worker(env: Mapping[str, str]) -> Finding:
    command = [sys.executable, "-m", "celery", "-A", "taskforce", "inspect", "ping", "--timeout", "5"]
    done = subprocess.run(
        command, env=env, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    return Finding(
        "the worker answers" if done.returncode == 0 else "the worker does not answer",
        done.returncode == 0,
        "It may be busy; if it stays so, read var/log/worker.log and start ./run again. No lead is lost meanwhile.",
    )


def django(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=env, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
