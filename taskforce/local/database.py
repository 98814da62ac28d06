"""Bringing the database to the code: migrations and the cache table, skipped when nothing changed."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from taskforce.local.console import Problem, step
from taskforce.local.home import CHECKOUT, Home

# These change tables, which only their owner may; everything else runs as the role that owns nothing.
OWNER_COMMANDS = frozenset(
    {"migrate", "createcachetable", "prepare_database", "flush", "pgtrigger", "check_reach"}
)


def manage(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run manage.py in the foreground as the right database role; its exit code."""
    chosen = dict(env)
    if arguments and arguments[0] in OWNER_COMMANDS and env.get("DATABASE_OWNER_URL"):
        chosen["DATABASE_URL"] = env["DATABASE_OWNER_URL"]
    command = [sys.executable, str(CHECKOUT / "manage.py"), *arguments]
    return run_in_front(command, chosen, cwd=env.get("TASKFORCE_CALLED_FROM"))


def run_in_front(command: Sequence[str], env: Mapping[str, str], cwd: str | None = None) -> int:
    """Run a program that owns the terminal; Ctrl-C is its own to answer, and we wait for it."""
    process = subprocess.Popen(command, env=env, cwd=cwd or CHECKOUT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.poll()


def prepare(home: Home, env: Mapping[str, str]) -> None:
    """Migrate, unless code and database are those of the last time. Raises Problem when a migration fails."""
    note = home.record("migrated")
    wanted = _fingerprint(env)
    if note.exists() and note.read_text() == wanted:
        return
    with step("Database tables"):
        quiet = ["--verbosity", "0"]
        for command in (["migrate", "--no-input", *quiet], ["createcachetable"], ["publish_values", *quiet]):
            if manage(command, env) != 0:
                raise Problem(
                    f"manage.py {command[0]} failed; what it said is above.", "No data was changed."
                )
    note.write_text(wanted)


def _fingerprint(env: Mapping[str, str]) -> str:
    # The address is part of it: another server behind DATABASE_URL has its own tables.
    digest = hashlib.sha256(env["DATABASE_URL"].encode())
    digest.update((CHECKOUT / "uv.lock").read_bytes())
    for path in sorted(_migrations()):
        digest.update(os.fsencode(path.relative_to(CHECKOUT)) + path.read_bytes())
    return digest.hexdigest()


def _migrations() -> list[Path]:
    return [
        path
        for pattern in ("*/migrations/*.py", "*/migrations/*.sql", "taskforce/postgresql/*.sql")
        for path in CHECKOUT.glob(pattern)
    ]
