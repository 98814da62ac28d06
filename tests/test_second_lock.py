"""The second lock: what PostgreSQL itself keeps from whoever asks, and that nothing new escapes it.

What it shows to whom is held against the oracle in `tests/leaks/test_matrix.py`, with the gate and without.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils.module_loading import import_module

from agencies import acting
from agencies.models import User
from intel.models import Hit, Lead
from tests import factories

pytestmark = pytest.mark.django_db

REFERENCE = Path(__file__).parents[1] / "docs" / "reference" / "second-lock.md"

# What everybody may read: no agency's records.
OPEN = {
    "django_migrations", "django_content_type", "django_session", "cache", "auth_permission", "auth_group",
    "auth_group_permissions", "agencies_agency", "agencies_taskforce", "agencies_membership", "agencies_user",
    "agencies_user_groups", "agencies_user_user_permissions", "agencies_clientterms", "agencies_signinfailure",
    "agencies_signinsubject", "socialaccount_socialaccount", "socialaccount_socialapp", "socialaccount_socialtoken",
    "account_emailaddress", "account_emailconfirmation", "mfa_authenticator", "usersessions_usersession",
    "oauth2_provider_application", "oauth2_provider_grant", "oauth2_provider_accesstoken",
    "oauth2_provider_refreshtoken", "oauth2_provider_idtoken", "oauth2_provider_devicegrant",
}  # fmt: skip
# Looked at by nobody who is somebody: the system alone.
THE_SYSTEMS_ALONE = {
    "agencies_auditevent", "agencies_auditlink", "agencies_audithead", "agencies_auditpending", "agencies_readtally",
    "guardian_groupobjectpermission", "guardian_userobjectpermission", "intel_matchkey", "intel_termfrequency",
    "cases_conflict",
}  # fmt: skip
PAST_THE_LOCK = {"hit_is_shut", "subject_is_shut"}


def rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_whoever_asks_does_so_as_a_role_that_owns_nothing_and_is_bound(alice: User) -> None:
    with acting.on_behalf_of(acting.viewer(alice)):
        found = rows(
            "SELECT current_user, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb,"
            " (SELECT count(*) FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = current_user"
        )
    assert found == [("taskforce_app", False, 0)]


def test_nobody_signs_in_as_the_system_which_owns_nothing_either() -> None:
    found = rows(
        "SELECT rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb, rolbypassrls,"
        " (SELECT count(*) FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = 'taskforce_system'"
    )
    assert found == [(False, True, 0)]


def test_every_table_is_locked_but_those_that_hold_no_agencys_records() -> None:
    tables = rows(
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert {name for name, locked in tables if not locked} == OPEN & {name for name, _ in tables}


def test_every_locked_table_has_a_rule_or_is_the_systems_alone() -> None:
    tables = {name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    ruled = {name for (name,) in rows("SELECT tablename FROM pg_policies WHERE policyname <> 'owner'")}
    assert tables - ruled - OPEN == THE_SYSTEMS_ALONE


def test_no_rule_lets_anybody_change_a_row_but_their_own_drafts_and_answers() -> None:
    writing = rows("SELECT tablename FROM pg_policies WHERE policyname <> 'owner' AND cmd <> 'SELECT'")
    assert {name for (name,) in writing} == {"intel_leaddraft", "agencies_idempotentanswer"}


def test_no_view_looks_past_the_lock_and_nothing_is_kept_readily_made() -> None:
    views = rows(
        "SELECT relname, relkind, coalesce(reloptions::text, '') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')"
    )
    assert [
        name for name, kind, options in views if kind != "v" or "security_invoker=true" not in options
    ] == []


def test_the_functions_that_look_past_the_lock_are_the_listed_ones_and_triggers() -> None:
    found = rows(
        "SELECT proname, prorettype = 'trigger'::regtype, proconfig::text FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    )
    assert {name for name, is_trigger, _ in found if not is_trigger} - PAST_THE_LOCK == {
        name for (name,) in rows("SELECT proname FROM pg_proc WHERE proname LIKE '%reach_of%' AND prosecdef")
    }
    assert [name for name, _, config in found if "search_path" not in (config or "")] == []


def test_whoever_did_not_say_who_they_are_is_shown_nothing(alice: User) -> None:
    factories.lead(alice, "Ours")
    with acting.on_behalf_of(acting.NOBODY):
        for (table,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            if table not in OPEN | {"intel_hit", "intel_matchrecord", "intel_protectedvalue"}:
                assert rows(f"SELECT 1 FROM {table} LIMIT 1") == [], table


def test_what_a_transaction_was_told_does_not_outlive_it(alice: User) -> None:
    factories.lead(alice, "Ours")
    before = rows("SELECT current_user, acting_agency()")
    with acting.on_behalf_of(acting.viewer(alice)):
        assert rows("SELECT current_user, acting_agency()") == [("taskforce_app", alice.agency_id)]
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows("SELECT no_such_column FROM intel_lead")
        assert Lead.objects.count() == 1
    assert rows("SELECT current_user, acting_agency()") == before


def test_a_person_changes_no_agencys_row(alice: User, bob: User) -> None:
    ours, theirs = factories.lead(alice, "Ours"), factories.lead(bob, "Theirs")
    with acting.on_behalf_of(acting.viewer(alice)):
        assert Lead.objects.filter(pk__in=[ours.pk, theirs.pk]).update(title="Changed") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Lead.objects.bulk_create(
                [Lead(agency=alice.agency, title="New", narrative="", review_on="2030-01-01")]
            )


def test_what_both_sides_of_a_hit_hold_is_in_no_column_that_a_person_reads(alice: User) -> None:
    with acting.on_behalf_of(acting.viewer(alice)):
        for column, table in (("evidence", "intel_hit"), ("features", "intel_matchrecord")):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                rows(f"SELECT {column} FROM {table}")
        assert list(Hit.objects.values_list("bits")) == []


def test_the_reference_lists_every_function_that_looks_across_agencies() -> None:
    for package in ("agencies", "cases", "intel", "victims", "taskforce"):
        for path in sorted(Path(package).rglob("*.py")):
            if "as_system" in (text := path.read_text()) or "@verb" in text:
                import_module(".".join(path.with_suffix("").parts))
    for name, app in get_commands().items():
        if app.split(".")[0] in {"agencies", "cases", "intel", "victims", "taskforce"}:
            load_command_class(app, name)
    listed = set(re.findall(r"^- `([\w.]+)`", REFERENCE.read_text(), re.MULTILINE))
    assert {name for name in acting.RUN_AS_SYSTEM if not name.startswith("tests.")} == listed
