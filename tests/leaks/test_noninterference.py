"""Nobody learns more: for an outsider every answer is the same, byte for byte, with and without hidden rows.

Southshore (Charlie, Cora) works in the same task force as Northland and Eastport and is given nothing by them.
Northland and Eastport share, assign, match and ask each other; even a match with Southshore's own record stays
silent, because Northland's pointer policy says so. The routes come from the URLconf: a new one is hunted at once.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator

import pytest
import time_machine

from agencies import actions, canaries, passing, reviewing
from agencies.audit import Act
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.visibility import Level
from cases.models import ConflictNotice
from intel.models import Disclosure, HitNotice
from tests import factories
from tests.leaks.gate import without_either, without_gate
from tests.leaks.world import (
    CANARY,
    LABELS,
    PHONE,
    Files,
    Route,
    answer,
    ask,
    finished_run,
    keep_files,
    leaving_no_trace,
    register,
    routes,
    settle,
    sign_in,
)

NOW = "2026-11-22T08:00:00Z"
ROUTES = list(routes())
WITH_ID = [
    route for route in ROUTES if "UUIDConverter" in route.converters.values() or "pk" in route.converters
]
WITHOUT_ID = [route for route in ROUTES if route not in WITH_ID]


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def own(charlie: User, cora: User) -> Files:
    return keep_files(charlie, cora, "Ourown", phone=PHONE)


def hide(alice: User, anna: User, bob: User, bea: User, nora: User, eastport: Agency) -> Files:
    """Everything that Southshore must not notice."""
    theirs = keep_files(bob, bea, f"{CANARY}east", phone="+52 55 1234 5678", pointer_policy="named")
    files = keep_files(alice, anna, CANARY, phone=PHONE, partner=eastport, pointer_policy="owner_only")
    keep_files(alice, anna, f"{CANARY}loud", phone="+52 55 1234 5678", pointer_policy="named")
    # Where Southshore plans, Northland plans and Harbour House shelters too: they are told, Southshore is not.
    factories.site(
        nora, f"{CANARY} site", at=f"41.{PHONE[-4:]}, 10.5", place=f"{CANARY} place", tells="owner_only"
    )
    assert ConflictNotice.objects.filter(agency=nora.agency, other_agency__short_name="SBG").exists()
    # Southshore's record matches Northland's silent one: Northland is told, Southshore is not.
    assert HitNotice.objects.filter(agency=alice.agency, other_agency__short_name="SBG").exists()
    notice = HitNotice.objects.filter(agency=bob.agency, other_agency=alice.agency).first()
    assert notice is not None
    ours = [("intel.disclosure", ask(notice, bea).pk), ("victims.victim", register(nora).pk)]
    ours += deal(anna, bea, nora.agency, Agency.objects.get(short_name="SBG"))
    everybodys = ("intel.linkrun", finished_run(None).pk)
    return Files([*files.rows, *theirs.rows[:1], *ours, everybodys])


def deal(anna: User, bea: User, harbour: Agency | None, southshore: Agency) -> list[tuple[str, uuid.UUID]]:
    """Northland and Eastport agree, Northland restricts what it gave, and Eastport asks to give it to Southshore."""
    north, east = (factories.person(who, agency, Role.AGENCY_ADMINISTRATOR)
                   for who, agency in ((f"{CANARY} Nadja", anna.agency), (f"{CANARY} Emil", bea.agency)))  # fmt: skip
    agreement = actions.propose_agreement(
        by=north, partner=east.agency, level=Level.CONTRIBUTE, handling="H2", purposes=["prosecution"]
    )
    actions.answer_agreement(agreement, accept=True, by=east)
    proposed = actions.propose_agreement(by=north, partner=harbour, level=Level.SUMMARY, handling="H0")
    lead = factories.lead(anna, f"{CANARY} second lead", phone="+52 55 8765 4321")
    actions.share(lead, agency=bea.agency, level=Level.VIEW, reason=f"{CANARY} reason", by=anna)
    actions.restrict(lead, named=[anna, bea], walled=[], reason=f"{CANARY} reason", by=anna)
    canary = canaries.set_canary(lead, reason=f"{CANARY} reason", by=anna)
    canaries.watch(Act.VIEWED, [lead], bea, {})
    request = passing.pass_on(lead, agency=southshore, level=Level.VIEW, reason=f"{CANARY} reason", by=bea)
    assert request is not None
    purged = factories.lead(anna, f"{CANARY} second lead")
    actions.share(purged, agency=bea.agency, level=Level.VIEW, reason=f"{CANARY} reason", by=anna)
    certificate = reviewing.purge(purged, reason=f"{CANARY} reason", by=anna)
    told = [("agencies.purgenotice", notice.pk) for notice in certificate.notices.all()]
    return [*told, ("agencies.purgecertificate", certificate.pk), ("agencies.agreement", agreement.pk), ("agencies.agreement", proposed.pk),
            ("agencies.releaserequest", request.pk), ("intel.lead", lead.pk), ("agencies.canary", canary.pk),
            ("agencies.alarm", canary.alarms.get().pk)]  # fmt: skip


def snapshot(viewer: User, paths: Iterable[str]) -> dict[str, tuple[object, ...]]:
    """What this viewer gets at each path; at the audit record first, before the hunt fills it."""
    settle()
    with leaving_no_trace():
        client = sign_in(viewer)
        in_order = sorted(paths, key=lambda path: "/audit/" not in path)
        return {path: answer(client, "get", path) for path in in_order}


def plain_paths() -> Iterator[str]:
    """All routes without an id, bare and with a query for the canary."""
    for route in WITHOUT_ID:
        path = route.fill(uuid.UUID(int=0))
        yield from (path, f"{path}?q={CANARY}&search={CANARY}&page_size=3")


def paths_of(files: Files) -> Iterator[str]:
    """All routes with an id, filled with each row's own."""
    for route in WITH_ID:
        for label, pk in files.rows:
            yield route.fill(pk, label)


@pytest.mark.django_db(transaction=True)
def test_an_outsiders_answers_do_not_change_when_hidden_rows_appear(
    own: Files,
    charlie: User,
    cora: User,
    alice: User,
    anna: User,
    bob: User,
    bea: User,
    nora: User,
    eastport: Agency,
    southshore: Agency,
) -> None:
    sara = factories.person("Sara", southshore, Role.AGENCY_ADMINISTRATOR)
    paths = {
        charlie: list(plain_paths()), cora: [*plain_paths(), *paths_of(own)], sara: list(plain_paths())
    }  # fmt: skip
    before = {viewer: snapshot(viewer, paths[viewer]) for viewer in paths}
    hide(alice, anna, bob, bea, nora, eastport)
    after = {viewer: snapshot(viewer, paths[viewer]) for viewer in paths}
    different = [
        difference(path, before[viewer][path], after[viewer][path])
        for viewer in paths
        for path in paths[viewer]
        if before[viewer][path] != after[viewer][path]
    ]
    assert different == []
    assert not any(leaked(after[viewer]) for viewer in paths)


def difference(path: str, before: tuple[object, ...], after: tuple[object, ...]) -> str:
    """Where two answers part, for whoever mends it."""
    was, now = str(before), str(after)
    at = next((n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    return f"{path}: …{was[max(0, at - 120) : at + 80]}… became …{now[max(0, at - 40) : at + 80]}…"


def leaked(answers: dict[str, tuple[object, ...]]) -> list[str]:
    """The paths whose answer holds text of a hidden row. The mere echo of a question is the canary alone."""
    text = re.compile(
        rf"{CANARY}(east|loud)?(ville|@| (lead|second|narrative|again|source|Sample|Alias|Protected|note|case|summary|task|operation|plan|place|team|site|reason|Nadja|Emil))"
    )
    return [path for path, said in answers.items() if text.search(re.sub(r"<[^>]+>", "", str(said)))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_hidden_row_answers_like_one_that_never_was(
    method: str,
    own: Files,
    cora: User,
    alice: User,
    anna: User,
    bob: User,
    bea: User,
    nora: User,
    eastport: Agency,
) -> None:
    hidden, ghost, client = hide(alice, anna, bob, bea, nora, eastport), uuid.uuid4(), sign_in(cora)
    leaks = []
    for route in WITH_ID:
        expected = {label: answer(client, method, route.fill(ghost, label), ghost) for label in labels(route)}
        for label, pk in hidden.rows:
            leaks += [
                f"{method} {route.path} {asked} for a {label}"
                for asked in {label, "intel.lead"} & set(expected)
                if answer(client, method, route.fill(pk, asked), pk) != expected[asked]
            ]
    assert leaks == []


def labels(route: Route) -> list[str]:
    return LABELS if "label" in route.converters else ["intel.lead"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_the_hunt_knows_how_to_fill_every_route(route: Route) -> None:
    assert "<" not in route.fill(uuid.uuid4())


@pytest.mark.django_db(transaction=True)
def test_the_hunt_can_find_a_leak(
    own: Files, charlie: User, cora: User, alice: User, anna: User, bob: User, bea: User, nora: User, eastport: Agency,
) -> None:  # fmt: skip
    """The positive control: with both locks taken away the same hunt finds the canary; the second alone holds."""
    hide(alice, anna, bob, bea, nora, eastport)
    assert not leaked(snapshot(charlie, plain_paths()))
    with without_gate():
        assert not leaked(snapshot(charlie, plain_paths()))
    with without_either():
        assert len(leaked(snapshot(charlie, plain_paths()))) > 5


def test_the_disclosure_is_seen_by_both_sides_and_nobody_else(
    alice: User,
    anna: User,
    bob: User,
    bea: User,
    nora: User,
    charlie: User,
    eastport: Agency,
    cora: User,
) -> None:
    keep_files(charlie, cora, "Ourown", phone=PHONE)
    hide(alice, anna, bob, bea, nora, eastport)
    seen = [Disclosure.objects.visible_to(viewer).count() for viewer in (alice, bob, charlie, nora)]
    assert seen == [1, 1, 0, 0]
