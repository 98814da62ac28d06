"""PostgreSQL and Valkey together, shared by every command that needs them."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TextIO

from taskforce.local.console import Problem, step
from taskforce.local.home import Home
from taskforce.local.postgres import APP, OWNER, Postgres
from taskforce.local.valkey import Valkey

ROOM_TO_START = 300_000_000


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C break off a shutdown halfway."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@dataclass
class Services:
    """The servers of a home; DATABASE_URL and REDIS_URL in the environment replace either with one of your own."""

    home: Home
    is_durable: bool = True
    own_database: bool = not os.environ.get("DATABASE_URL")
    own_broker: bool = not os.environ.get("REDIS_URL")

    @cached_property
    def postgres(self) -> Postgres:
        return Postgres(self.home, is_durable=self.is_durable)

    @cached_property
    def valkey(self) -> Valkey:
        return Valkey(self.home)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start what is not running; on leaving, stop it if no other command uses it: the last one turns off the light."""
        with self.home.record("services.users").open("a") as users:
            with self._changing():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._start_or_clean_up(users)
            try:
                yield
            finally:
                with undisturbed(), self._changing():
                    self._stop_if_unused(users)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        # Starting and stopping exclude each other; using does not, so that commands run side by side.
        with self.home.record("services.change").open("a") as change:
            fcntl.flock(change, fcntl.LOCK_EX)
            yield

    def _start_or_clean_up(self, users: TextIO) -> None:
        try:
            self.start()
        except BaseException:
            with undisturbed():
                self._stop_if_unused(users)
            raise

    def start(self) -> None:
        """Start what is missing, or what died."""
        if self.own_database and not self.postgres.is_alive():
            self._check_room()
            with step("PostgreSQL"):
                self.postgres.start()
        if self.own_broker and not self.valkey.is_running():
            with step("Valkey"):
                self.valkey.start()

    def _check_room(self) -> None:
        free = self.home.free_bytes()
        if free < ROOM_TO_START:
            raise Problem(
                f"The disk with {self.home.services} has {free // 1_000_000} MB left.",
                f"Make room for at least {ROOM_TO_START // 1_000_000} MB, or set TASKFORCE_HOME to another disk.",
            )

    def are_running(self) -> bool:
        """Whether both answer."""
        return (not self.own_database or self.postgres.is_running()) and (
            not self.own_broker or self.valkey.is_running()
        )

    def _stop_if_unused(self, users: TextIO) -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        self.stop()

    def stop(self) -> None:
        """Stop our own servers, the broker first."""
        if self.own_broker:
            self.valkey.stop()
        if self.own_database:
            self.postgres.stop()

    def settings(self) -> dict[str, str]:
        """What settings.py reads of this machine; a secret key of the caller's own stays."""
        found = {
            "TASKFORCE_HOME": str(self.home.root),
            "SECRET_KEY": os.environ.get("SECRET_KEY") or self.home.secret("django"),
            "VICTIM_KEY_RING_FILE": os.environ.get("VICTIM_KEY_RING_FILE") or str(self.home.key_ring()),
        }
        if self.own_database:
            found |= {"DATABASE_URL": self.postgres.url(APP), "DATABASE_OWNER_URL": self.postgres.url(OWNER)}
        if self.own_broker:
            found["REDIS_URL"] = self.valkey.url
        return found

    def environment(self) -> dict[str, str]:
        """The whole environment for a program that uses the settings."""
        return {**os.environ, "PYTHONUNBUFFERED": "1", **self.settings()}
