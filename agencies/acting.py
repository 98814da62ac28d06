"""On whose behalf SQL runs: the second lock, row-level security in PostgreSQL, goes by this and by nothing else.

Inside a request that is the person who looks, whom the database then shows only what the gate would. Verbs, which check
first and then change rows of several agencies, and background work run as the **system**, a role that nobody can sign in
as. Whoever says nothing acts for nobody and is shown no row of any agency.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, Self, TypeVar

from django.db import connection, models, transaction
from django.utils import timezone
from psycopg.pq import TransactionStatus

from agencies.permissions import READS, role_may

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)

SYSTEM_ROLE = "taskforce_system"


@dataclass(frozen=True, slots=True)
class Acting:
    """Whose rows PostgreSQL shows. `reads`: the kinds of record that the person's role reads."""

    system: bool = False
    agency: str = ""
    group: str = ""
    person: str = ""
    reads: str = ""


NOBODY = Acting()
SYSTEM = Acting(system=True)
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)

# Every function that may look across agencies, by its full name. The reference lists them, and a test compares.
RUN_AS_SYSTEM: set[str] = set()


def viewer(user: Any) -> Acting:
    """What `user` acts as: nobody, where they may see nothing."""
    agency = getattr(user, "sees_as", None)
    if agency is None:
        return NOBODY
    reads = ",".join(kind for kind, permission in READS.items() if role_may(user.role, permission))
    return Acting(agency=str(agency.pk), group=str(agency.group_id), person=str(user.pk), reads=reads)


@contextmanager
def on_behalf_of(acting: Acting) -> Iterator[None]:
    """Until the block ends SQL runs for `acting`, then again for whom it ran before."""
    before = _acting.get()
    _become(acting)
    try:
        yield
    finally:
        _become(before)


def become(user: Any) -> None:
    """From here to the end of the request SQL runs for `user`: the API learns within the request who asks."""
    _become(viewer(user))


def be_the_system() -> None:
    """For a program of the operator's, to its end: a benchmark, a script."""
    _become(SYSTEM)


def as_system(function: Callable[P, R]) -> Callable[P, R]:
    """Let `function` look across agencies. It answers for what it tells; each such function is listed."""
    RUN_AS_SYSTEM.add(f"{function.__module__}.{function.__qualname__}")

    @functools.wraps(function)
    def across(*args: P.args, **kwargs: P.kwargs) -> R:
        with on_behalf_of(SYSTEM):
            return function(*args, **kwargs)

    return across


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """What changes rows, after it checked that it may: all of it or nothing, and as the system."""
    return as_system(transaction.atomic(function))


class AcrossQuerySet(models.QuerySet[M]):
    """Rows whose own rule goes by what the second lock hides: after `across()` they are asked for as the system."""

    looks_across = False

    def across(self) -> Self:
        """To be said by the rule that narrowed the rows to what its viewer may have, and by nobody else."""
        chosen = self.all()
        chosen.looks_across = True
        return chosen

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]
        clone.looks_across = self.looks_across
        return clone  # type: ignore[no-any-return]

    def _asking(self) -> AbstractContextManager[None]:
        return on_behalf_of(SYSTEM if self.looks_across else _acting.get())

    def _fetch_all(self) -> None:
        with self._asking():
            super()._fetch_all()

    def count(self) -> int:
        with self._asking():
            return super().count()

    def exists(self) -> bool:
        with self._asking():
            return super().exists()


def _become(acting: Acting) -> None:
    before = _acting.get()
    if acting == before:
        return
    _acting.set(acting)
    if connection.in_atomic_block:
        tell_transaction(connection)
    elif before.system or acting.system:
        tell_session(connection)


def tell_transaction(database: Any) -> None:
    """Tell the database, until the transaction ends, for whom it answers."""
    _tell(database, _acting.get(), local=True)


def tell_session(database: Any) -> None:
    """The same for statements outside transactions, which background work has. A person has none."""
    acting = _acting.get()
    if database.connection is not None:
        _tell(database, acting if acting.system else NOBODY, local=False)


def _tell(database: Any, acting: Acting, *, local: bool) -> None:
    raw = database.connection
    if raw.closed or raw.info.transaction_status == TransactionStatus.INERROR:
        return  # nothing can be said now, and rolling back brings back what held before
    role = SYSTEM_ROLE if acting.system else database.settings_dict["OPTIONS"].get("assume_role") or "none"
    said = {"role": role, "local": local, "agency": acting.agency, "group": acting.group}
    said |= {"person": acting.person, "reads": acting.reads, "now": timezone.now().isoformat()}
    raw.execute(_SAY, said)


# Beside Django's cursors, so that it is no query of any page. The moment is the application's, as the gate's is.
_SAY = """
    SELECT set_config('role', %(role)s, %(local)s), set_config('taskforce.agency', %(agency)s, %(local)s),
           set_config('taskforce.group', %(group)s, %(local)s), set_config('taskforce.person', %(person)s, %(local)s),
           set_config('taskforce.reads', %(reads)s, %(local)s), set_config('taskforce.now', %(now)s, %(local)s)
"""
