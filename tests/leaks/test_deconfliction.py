"""What a conflict tells: that there is one and whom to call. Not a byte more, on no page of either side or of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from agencies.models import Agency, User
from agencies.permissions import Role
from cases.models import ConflictNotice, Operation
from tests import factories
from tests.leaks.test_noninterference import WITH_ID, difference, plain_paths, snapshot
from tests.leaks.world import CANARY

pytestmark = pytest.mark.django_db(transaction=True)

AT = "41.0134, 10.5"
# What differs with a notice: where the notice itself stands, and what it blocks. `<pk>` is the reader's own row.
MAY_DIFFER = re.compile(
    r"^/cases/(desk/conflicts|conflicts|operations|operations/<pk>(/conflicts|/board)?|<case>/operations)/"
    r"|^/agency/audit/|^/history/cases\.operation/|^/cases/operations/day/"
)


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel("2026-11-22T08:00:00Z", tick=False):
        yield


@pytest.fixture
def theirs(cora: User, anna: User, southshore: Agency) -> tuple[Operation, list[str]]:
    """Southshore's own operation and place, and every path of theirs. Whom of Northland to call they know already."""
    anna.agency.contact = anna  # type: ignore[union-attr]
    anna.agency.save()  # type: ignore[union-attr]
    case = factories.case(cora, "Southern case")
    operation, site = (
        factories.operation(cora, case, "Southern search", at=AT),
        factories.site(cora, "South house", at=AT),
    )
    rows = (("cases.case", case.pk), ("cases.operation", operation.pk), ("cases.sensitivesite", site.pk))
    paths = [*plain_paths(), *(route.fill(pk, label) for route in WITH_ID for label, pk in rows)]
    return operation, list(dict.fromkeys(paths))


def plan_in_secret(anna: User, nora: User, tells: str) -> list[str]:
    """Northland's operation and Harbour House's shelter at the same place; what must stand on no page of Southshore."""
    case = factories.case(anna, f"{CANARY} case")
    hidden = factories.operation(
        anna, case, f"{CANARY} operation", at="41.0141, 10.5007", place=f"{CANARY} place", kind="undercover",
        radius_m=777, risk="critical", details=f"{CANARY} plan", tells=tells,
    )  # fmt: skip
    site = factories.site(
        nora, f"{CANARY} site", at="41.0127, 10.4993", place=f"{CANARY} house", radius_m=613, tells=tells
    )
    return [
        CANARY,
        "41.0141",
        "10.5007",
        "41.0127",
        "10.4993",
        "777",
        "613",
        str(hidden.pk),
        str(site.pk),
        str(case.pk),
    ]


def stands_in(said: object, secret: str) -> bool:
    """Of three digits as a number of its own: within a token they stand by chance."""
    if not secret.isdigit():
        return secret in str(said)
    return re.search(rf"(?<![\w.-]){secret}(?![\w-])", str(said)) is not None


def test_what_is_planned_and_protected_elsewhere_changes_no_byte(
    theirs: tuple[Operation, list[str]], cora: User, anna: User, nora: User
) -> None:
    _, paths = theirs
    before = snapshot(cora, paths)
    plan_in_secret(anna, nora, "owner_only")
    after = snapshot(cora, paths)
    assert [
        difference(path, before[path], after[path]) for path in paths if before[path] != after[path]
    ] == []
    asked = ConflictNotice.objects.filter(other_agency=cora.agency).exclude(agency=cora.agency)
    assert {notice.agency for notice in asked} == {anna.agency, nora.agency}, "those who were asked were told"


@pytest.mark.parametrize("tells", ["named", "liaison"])
def test_a_notice_changes_its_own_places_alone_and_says_nothing_of_the_other_side(
    tells: str, theirs: tuple[Operation, list[str]], cora: User, anna: User, nora: User
) -> None:
    operation, paths = theirs
    paths = [path for path in paths if "?" not in path]
    before = snapshot(cora, paths)
    secrets = plan_in_secret(anna, nora, tells)
    paths += [
        f"/cases/conflicts/{notice.pk}/" for notice in ConflictNotice.objects.filter(agency=cora.agency)
    ]
    assert len(paths) > len(before)
    after = snapshot(cora, paths)
    named = {str(operation.pk): "<pk>", str(operation.case_id): "<case>"}
    changed = [path for path in paths if path in before and before[path] != after[path]]
    elsewhere = [
        path for path in changed if not MAY_DIFFER.match(re.sub("|".join(named), lambda m: named[m[0]], path))
    ]
    assert [difference(path, before[path], after[path]) for path in elsewhere] == []
    assert changed, "the notice itself is told"
    for path in paths:
        said = str(after[path]).replace(f"q={CANARY}", "").replace(f'value="{CANARY}"', "")
        fresh_here = [secret for secret in secrets if not stands_in(before.get(path, ""), secret)]
        assert [secret for secret in fresh_here if stands_in(said, secret)] == [], path
    if tells == "liaison":
        fresh = " ".join(str(after[path]) for path in paths if "/conflicts" in path)
        assert "Northland" not in fresh
        assert "Harbour" not in fresh


def test_settling_and_overriding_tell_the_other_side_no_more_than_that(
    theirs: tuple[Operation, list[str]], cora: User, anna: User, nora: User, as_user: Any
) -> None:
    plan_in_secret(anna, nora, "named")
    hers = ConflictNotice.objects.get(
        agency=cora.agency, other_agency=anna.agency, own_operation__isnull=False
    )
    ours = ConflictNotice.objects.get(agency=anna.agency, conflict=hers.conflict)
    second = factories.person("Sven", anna.agency, Role.SUPERVISOR)  # type: ignore[arg-type]
    url = f"/cases/conflicts/{ours.pk}/"
    as_user(anna).post(url, {"act": "ask", "reason": f"{CANARY} reason"})
    as_user(second).post(url, {"act": "confirm"})
    page = as_user(cora).get(f"/cases/conflicts/{hers.pk}/").content.decode()
    assert "without your word" in page
    assert CANARY not in page
    for path in (f"/history/cases.conflictnotice/{hers.pk}/", "/agency/audit/"):
        assert CANARY not in as_user(cora).get(path).content.decode()
    assert as_user(cora).get(url).status_code == 404
