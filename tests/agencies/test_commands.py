from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agencies.models import Agency, User
from agencies.permissions import Role


def admit(name: str, short_name: str) -> str:
    out = StringIO()
    call_command(
        "admit_agency", name, short_name, kind="police", country="pl",
        administrator=f"admin@{short_name.lower()}.example", stdout=out,
    )  # fmt: skip
    return out.getvalue()


def test_an_admitted_agency_has_an_administrator_who_can_sign_in(db: None) -> None:
    said = admit("Northern Police", "NOP")
    administrator = User.objects.get(email="admin@nop.example")
    assert (administrator.role, administrator.agency) == (Role.AGENCY_ADMINISTRATOR, Agency.objects.get())
    assert administrator.check_password(said.splitlines()[2].strip())


def test_a_taken_name_is_refused_and_nothing_is_left_behind(db: None) -> None:
    admit("Northern Police", "NOP")
    with pytest.raises(CommandError, match="taken"):
        admit("Northern Police", "NP2")
    assert (Agency.objects.count(), User.objects.count()) == (1, 1)


def test_a_task_force_grows_by_founding_it_again(db: None) -> None:
    for name in ("AAA", "BBB", "CCC"):
        admit(name, name)
    call_command("found_task_force", "Crossroads", "AAA", "BBB", stdout=StringIO())
    out = StringIO()
    call_command("found_task_force", "Crossroads", "CCC", stdout=out)
    assert out.getvalue().strip() == "Crossroads: AAA, BBB, CCC"


def test_an_unknown_member_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="ZZZ"):
        call_command("found_task_force", "Crossroads", "ZZZ")


def test_an_api_client_is_issued_by_an_administrator_alone(ada: User, alice: User) -> None:
    out = StringIO()
    call_command("issue_api_client", ada.email, "Case system", stdout=out)
    assert out.getvalue().startswith("CLIENT_ID=")
    assert User.objects.get(role=Role.SERVICE_ACCOUNT).agency == ada.agency
    with pytest.raises(CommandError, match="role"):
        call_command("issue_api_client", alice.email, "Case system")
