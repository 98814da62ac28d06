"""Nobody learns more: for an outsider every answer is the same, byte for byte, with and without hidden rows.

Southshore (Charlie, Cora) works in the same task force as Northland and Eastport and is given nothing by them.
Northland and Eastport share, assign, match and ask each other; even a match with Southshore's own record stays
silent, because Northland's pointer policy says so. The routes come from the URLconf: a new one is hunted at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import time_machine

from agencies.models import Agency, User
from intel.models import Disclosure, HitNotice
from tests.leaks.world import (
    CANARY,
    LABELS,
    PHONE,
    Files,
    Route,
    answer,
    ask,
    keep_files,
    register,
    routes,
    sign_in,
)

NOW = "2026-11-22T08:00:00Z"
ROUTES = list(routes())
WITH_ID = [route for route in ROUTES if "UUIDConverter" in route.converters.values() or "pk" in route.converters]
WITHOUT_ID = [route for route in ROUTES if route not in WITH_ID]


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def own(charlie: User, cora: User) -> Files:
    return keep_files(charlie, cora, "Ourown", phone=PHONE)


def hide(alice: User, anna: User, bob: User, bea: User, nora: User, eastport: Agency) -> dict[str, uuid.UUID]:
    """Everything that Southshore must not notice. Returns the ids of the hidden rows."""
    theirs = keep_files(bob, bea, f"{CANARY}east", phone="+52 55 1234 5678", pointer_policy="named")
    files = keep_files(alice, anna, CANARY, phone=PHONE, partner=eastport, pointer_policy="owner_only")
    loud = keep_files(alice, anna, f"{CANARY}loud", phone="+52 55 1234 5678", pointer_policy="named")
    # Southshore's record matches Northland's silent one: Northland is told, Southshore is not.
    assert HitNotice.objects.filter(agency=alice.agency, other_agency__short_name="SBG").exists()
    notice = HitNotice.objects.filter(agency=bob.agency, other_agency=alice.agency).first()
    assert notice is not None
    hidden = {f"{name}-{n}": pk for n, each in enumerate((theirs, files, loud)) for name, pk in each.ids.items()}
    return {**hidden, "disclosure": ask(notice, bea).pk, "asked-notice": notice.pk, "victim": register(nora)}


def snapshot(viewers: list[User], own: Files) -> dict[tuple[str, str], tuple[object, ...]]:
    """Every page and panel as these viewers get it: all routes without an id, and all with each id of their own."""
    seen = {}
    for viewer in viewers:
        client = sign_in(viewer)
        for path in own_paths(own):
            seen[viewer.name, path] = answer(client, "get", path)
    return seen


def own_paths(own: Files) -> Iterator[str]:
    for route in WITHOUT_ID:
        yield route.fill(uuid.UUID(int=0))
        yield route.fill(uuid.UUID(int=0)) + f"?q={CANARY}&search={CANARY}&text={CANARY}&page_size=3"
    for route in WITH_ID:
        for pk in own.ids.values():
            for label in LABELS if "label" in route.converters else ["intel.lead"]:
                yield route.fill(pk, label)


@pytest.mark.django_db(transaction=True)
def test_an_outsiders_answers_do_not_change_when_hidden_rows_appear(
    own: Files, charlie: User, cora: User, alice: User, anna: User, bob: User, bea: User, nora: User, eastport: Agency
) -> None:
    before = snapshot([charlie, cora], own)
    hide(alice, anna, bob, bea, nora, eastport)
    after = snapshot([charlie, cora], own)
    different = sorted({path for key in before for path in [key[1]] if before[key] != after[key]})
    assert different == []
    assert not [key for key, value in after.items() if CANARY in str(value).replace(f"={CANARY}", "")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_hidden_row_answers_like_one_that_never_was(
    method: str, own: Files, charlie: User, cora: User, alice: User, anna: User, bob: User, bea: User, nora: User,
    eastport: Agency,
) -> None:  # fmt: skip
    hidden = hide(alice, anna, bob, bea, nora, eastport)
    ghost = uuid.uuid4()
    client = sign_in(cora)
    leaks = []
    for route in WITH_ID:
        for label in LABELS if "label" in route.converters else ["intel.lead"]:
            expected = answer(client, method, route.fill(ghost, label), ghost)
            for name, pk in hidden.items():
                if answer(client, method, route.fill(pk, label), pk) != expected:
                    leaks.append(f"{method} {route.path} {label} {name}")
    assert leaks == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_the_hunt_knows_how_to_fill_every_route(route: Route) -> None:
    assert "<" not in route.fill(uuid.uuid4())


@pytest.mark.django_db(transaction=True)
def test_the_hunt_can_find_a_leak(
    own: Files, charlie: User, cora: User, alice: User, anna: User, bob: User, bea: User, nora: User, eastport: Agency,
    southshore: Agency, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The positive control: with the gate taken away the same hunt reports differences."""
    from django.db.models import Q

    from agencies import visibility

    before = snapshot([charlie], own)
    hide(alice, anna, bob, bea, nora, eastport)
    monkeypatch.setattr(visibility, "_rule", lambda model, viewer, level: Q())
    after = snapshot([charlie], own)
    assert any(CANARY in str(value).replace(f"={CANARY}", "") for value in after.values())
    assert before != after


def test_the_disclosure_is_seen_by_both_sides_and_nobody_else(
    alice: User, anna: User, bob: User, bea: User, nora: User, charlie: User, eastport: Agency, southshore: Agency
) -> None:
    keep_files(charlie, charlie, "Ourown", phone=PHONE)
    hide(alice, anna, bob, bea, nora, eastport)
    seen = [Disclosure.objects.visible_to(viewer).count() for viewer in (alice, bob, charlie, nora)]
    assert seen == [1, 1, 0, 0]
