"""How long somebody stays signed in: the lock of a page that nobody uses, the end of a long day, the list of places.

A session keeps when it began, when its person last did something, and whether it is locked. What a page asks by itself
(live parts) is no use of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse

from agencies import audit, policies
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User

BEGUN, SEEN, LOCKED, KEPT = "session_begun", "session_seen", "session_locked", "session_kept"
SEEN_EVERY = 60  # seconds: how exactly the last use is known, for one write a minute
LONGEST_KEPT = 1_000_000  # characters of a form that was sent to a locked session


def begin(session: SessionBase) -> None:
    session[BEGUN] = session[SEEN] = int(time.time())


def is_over(session: SessionBase) -> bool:
    begun: int = session.get(BEGUN, 0)
    return time.time() - begun > settings.SESSION_HOURS * 3600


def is_locked(session: SessionBase) -> bool:
    seen: int = session.get(SEEN, 0)
    return LOCKED in session or time.time() - seen > settings.IDLE_LOCK_MINUTES * 60


def touch(session: SessionBase) -> None:
    """Somebody did something."""
    if time.time() - session.get(SEEN, 0) >= SEEN_EVERY:
        session[SEEN] = int(time.time())


def lock(session: SessionBase) -> None:
    session[LOCKED] = True


def unlock(session: SessionBase) -> None:
    session.pop(LOCKED, None)
    session[SEEN] = int(time.time())


def never_kept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What is sent to this view does not wait in a locked session: it must stand nowhere in the clear."""
    view.never_kept = True  # type: ignore[attr-defined]
    return view


def keep(
    session: SessionBase, path: str, fields: Iterable[tuple[str, list[Any]]], *, with_files: bool
) -> None:
    """Hold what was sent to a locked session until it is unlocked, where nobody reads it: with the session."""
    kept = [(name, value) for name, values in fields for value in values if name != "csrfmiddlewaretoken"]
    if sum(len(name) + len(value) for name, value in kept) <= LONGEST_KEPT:
        session[KEPT] = {"path": path, "fields": kept, "files": with_files}


def take_kept(session: SessionBase) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = session.pop(KEPT, None)
    return kept


# --- Where somebody is signed in -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """One browser in which a person is signed in."""

    pk: int
    browser: str
    ip: str
    begun: datetime
    seen: datetime
    is_here: bool
    is_locked: bool


def places(user: User, here: str | None) -> list[Place]:
    """Where `user` is signed in, the session with key `here` first, then the last used."""
    found = list(_places(user, here))
    return sorted(found, key=lambda place: (not place.is_here, -place.seen.timestamp()))


def _places(user: User, here: str | None) -> Iterator[Place]:
    for row in UserSession.objects.purge_and_list(user):
        data = _store(row.session_key)
        if is_over(data):
            continue
        seen = datetime.fromtimestamp(data.get(SEEN, row.last_seen_at.timestamp()), UTC)
        yield Place(
            row.pk, browser(row.user_agent), row.ip, row.created_at, seen, row.session_key == here, is_locked(data)
        )  # fmt: skip


def end(user: User, pk: int) -> bool:
    """Sign `user` out of one place; False when that is none of theirs."""
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is not None:
        row.end()
    return row is not None


def end_others(user: User, here: str | None) -> int:
    """Sign `user` out everywhere but `here`, and say of how many places."""
    rows = list(UserSession.objects.filter(user=user).exclude(session_key=here or ""))
    for row in rows:
        row.end()
    return len(rows)


@verb
def end_all(person: User, *, by: User) -> int:
    """An administrator signs a colleague out everywhere, whose laptop was stolen, and is told of how many places."""
    policies.check_can_sign_out(person, by)
    ended = end_others(person, None)
    audit.record(Act.SIGNED_OUT, person, by=by, places=ended)
    return ended


def _store(key: str) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return store


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("CrOS", "Chrome OS"), ("Linux", "Linux"),
)  # fmt: skip


def browser(user_agent: str) -> str:
    """“Firefox on Windows”, as far as the browser says."""
    program = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(filter(None, [program, system])) or "An unknown browser"
