"""The verbs on agencies and on sharing: each checks, changes and records in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone
from oauth2_provider.models import Application

from agencies import agreements, audit, guards, policies, visibility
from agencies.acting import verb
from agencies.audit import Act
from agencies.canaries import let_auditor_know
from agencies.changes import announce, announce_circle
from agencies.enforcing import end_share, keep_to_what_holds, stop_rules
from agencies.models import (
    Agency,
    Agreement,
    ClientTerms,
    Membership,
    PointerPolicy,
    ShareRule,
    TaskForce,
    User,
)
from agencies.permissions import Permission, Role
from agencies.units import hold_units, kept_by, set_walls
from agencies.visibility import Level, Shareable


@verb
def admit_agency(
    *, name: str, short_name: str, kind: str, country: str, by: User | None, **fields: Any
) -> Agency:
    """Create an agency and the group that carries its permissions. `by` is None for the installation itself."""
    group = Group.objects.create(name=f"agency: {name}")
    agency = Agency.objects.create(
        name=name, short_name=short_name, kind=kind, country=country, group=group, **fields
    )
    audit.record(Act.ADMITTED, agency, by=by)
    return agency


@verb
def found_task_force(
    *, name: str, members: Iterable[Agency], by: User | None, liaison: str = ""
) -> TaskForce:
    """Create a task force, or add members to the one of that name."""
    task_force, _ = TaskForce.objects.get_or_create(name=name, defaults={"liaison": liaison})
    for agency in members:
        Membership.objects.get_or_create(task_force=task_force, agency=agency)
    audit.record(Act.ADMITTED, task_force, by=by)
    return task_force


@verb
def appoint(
    *, agency: Agency, email: str, name: str, role: Role, by: User | None, password: str | None = None
) -> User:
    """Give a person of the agency an account. Without a password they set one by a link or the reset mail."""
    policies.check_manages(agency, by)
    if role == Role.SERVICE_ACCOUNT and by is not None:
        raise policies.Refused("An API client is created under API clients, not as a person.")
    if User.objects.filter(email__iexact=email).exists():
        raise policies.Refused("This address cannot be used for a new account. Choose another one.")
    user = User.objects.create_user(email, password, name=name, role=role, agency=agency)
    if role == Role.AUDITOR:
        let_auditor_know(user, by)
    audit.record(Act.ADMITTED, user, by=by, role=role)
    return user


@verb
def dismiss(*, person: User, reason: str, by: User) -> None:
    """Close a person's account: they are signed out at their next request. What they did stays under their name."""
    policies.check_can_dismiss(person, by)
    reason = policies.check_reason(reason)
    User.objects.filter(pk=person.pk).update(is_active=False)
    Agency.objects.filter(contact=person).update(contact=None)
    audit.record(Act.REVOKED, person, by=by, reason=reason)
    stop_rules()


@verb
def reinstate(*, person: User, by: User) -> None:
    """Open a closed account again."""
    policies.check_can_reinstate(person, by)
    User.objects.filter(pk=person.pk).update(
        is_active=True, closed_as_dormant=False, reopened_at=timezone.now()
    )
    audit.record(Act.ADMITTED, person, by=by, role=person.role)


@verb
def choose_pointer_policy(*, agency: Agency, policy: PointerPolicy, by: User) -> None:
    """What partners learn of a match with one's records, where a lead says nothing stricter."""
    policies.check_manages(agency, by)
    was, agency.pointer_policy = agency.pointer_policy, policy
    agency.save(update_fields=["pointer_policy"])
    audit.record(Act.EDITED, agency, by=by, pointer_policy=policy, was=was)


@verb
def name_contact(*, agency: Agency, contact: User, by: User | None) -> None:
    """Make `contact` the officer whom partner agencies are told to ask."""
    policies.check_manages(agency, by)
    if contact.agency_id != agency.pk or contact.is_service or not contact.is_active:
        raise policies.Refused("The contact officer must be a person of the agency with an open account.")
    agency.contact = contact
    agency.save(update_fields=["contact"])
    audit.record(Act.EDITED, agency, by=by, contact=str(contact.pk))


@verb
def issue_api_client(
    *,
    name: str,
    by: User,
    purpose: str = "",
    purpose_code: str = "",
    scopes: str = "read write",
    networks: Sequence[str] = (),
    days: int | None = None,
) -> tuple[Application, str]:
    """A service account of `by`'s agency with OAuth 2 client credentials. The secret is returned once, stored hashed."""
    policies.check_may(by, Permission.MANAGE_AGENCY)
    agency = policies.check_agency(by.agency)
    account = User.objects.create_user(
        f"{secrets.token_hex(8)}@api.invalid", name=name, role=Role.SERVICE_ACCOUNT, agency=agency
    )
    ends = timezone.now() + timedelta(days=days or settings.API_CLIENT_DAYS)
    terms = ClientTerms(
        purpose=purpose or name,
        purpose_code=purpose_code,
        scopes=scopes,
        networks=list(networks),
        expires_at=ends,
    )
    return _credentials(account, terms, by)


@verb
def rotate_api_client(*, account: User, by: User) -> tuple[Application, str]:
    """New credentials on the same terms. The old ones work a while longer, so that a system can be moved over."""
    policies.check_may(by, Permission.MANAGE_AGENCY)
    policies.check_own_client(account, by)
    held = ClientTerms.objects.select_for_update().filter(application__user=account)
    newest = held.order_by("-expires_at").first()
    if newest is None:
        raise policies.Refused("That client has no credentials. Create a new client.")
    held.filter(
        expires_at__gt=(last := timezone.now() + timedelta(hours=settings.API_ROTATION_HOURS))
    ).update(expires_at=last)
    ends = timezone.now() + timedelta(days=settings.API_CLIENT_DAYS)
    terms = ClientTerms(
        purpose=newest.purpose,
        purpose_code=newest.purpose_code,
        scopes=newest.scopes,
        networks=newest.networks,
        expires_at=ends,
    )
    return _credentials(account, terms, by)


def _credentials(account: User, terms: ClientTerms, by: User) -> tuple[Application, str]:
    secret = secrets.token_urlsafe(40)
    terms.application = client = Application.objects.create(
        name=account.name,
        user=account,
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    terms.save(force_insert=True)
    audit.record(
        Act.ISSUED, account, by=by, purpose=terms.purpose, purpose_code=terms.purpose_code, scopes=terms.scopes,
        networks=terms.networks,
        until=terms.expires_at.isoformat(),
    )  # fmt: skip
    return client, secret


@verb
def withdraw_api_client(*, account: User, by: User) -> None:
    """Close a service account: its tokens stop working at the next request."""
    policies.check_may(by, Permission.MANAGE_AGENCY)
    policies.check_own_client(account, by)
    User.objects.filter(pk=account.pk).update(is_active=False)
    Application.objects.filter(user=account).delete()
    audit.record(Act.REVOKED, account, by=by)


@verb
def share(
    obj: Shareable,
    *,
    agency: Agency,
    level: Level,
    reason: str,
    by: User,
    expires_at: datetime | None = None,
    onward: bool = False,
    rule: ShareRule | None = None,
) -> None:
    """Let a partner agency have a record of one's own; `onward`: and pass it on; `rule`: by which rule of one's agency.

    Raises `Refused` when role, ownership or agreement forbid it.
    """
    visibility.lock(obj)
    policies.check_can_share(obj, agency, level, by)
    reason = policies.check_reason(reason)
    policies.check_future(expires_at)
    expires_at = agreements.capped(obj, agency, expires_at)
    if onward:
        policies.check_may_go_onward(obj)
    grant = visibility.share(
        obj, agency, level=level, by=by, reason=reason, expires_at=expires_at, onward=onward
    )
    if rule is not None:
        grant.rule = rule
        grant.save()
    _keep_onward_within(obj, agency, level, expires_at, onward=onward)
    audit.record(
        Act.SHARED, obj, by=by, with_agency=str(agency.pk), level=level.label, reason=reason,
        until=expires_at.isoformat() if expires_at else None, onward=onward,
        **({"rule": str(rule.pk)} if rule else {}),
    )  # fmt: skip
    announce(obj, to=agency, with_dependants=True)


@verb
def revoke(obj: Shareable, *, agency: Agency, reason: str, by: User) -> None:
    """Take a share back. It is gone from the partner's next request on, and from its next API pull."""
    visibility.lock(obj)
    policies.check_can_revoke(obj, agency, by)
    reason = policies.check_reason(reason)
    losing = visibility.revoke(obj, agency)
    if not losing:
        raise policies.Refused(
            "Nothing is shared with that agency directly, so there is nothing to revoke here."
        )
    for each in losing:
        audit.record(Act.REVOKED, obj, by=by, with_agency=str(each.pk), reason=reason)
        announce(obj, to=each, with_dependants=True)


def _keep_onward_within(
    obj: Shareable, agency: Agency, level: Level, until: datetime | None, *, onward: bool
) -> None:
    """What a partner passed on ends with its right to, and never goes further or lasts longer than its own share."""
    why = f"{agency} may no longer pass that on."
    for third in visibility.passed_on_by(obj, agency):
        grant = visibility.grant_of(obj, third)
        if grant is not None and (not onward or grant.level > level):
            end_share(agreements.Beyond(obj, third, why))
        elif grant is not None and until is not None:
            grant.expires_at = min(until, grant.expires_at or until)
            grant.save()


@verb
def restrict(
    obj: Shareable,
    *,
    named: Collection[User] | None,
    walled: Collection[User],
    reason: str,
    by: User,
    units: Collection[str] | None = None,
) -> None:
    """Open a record to the `named` people alone (None: to all of the agencies that see it), never to the `walled`, nor
    to whoever is of these `units` of one's agency, or comes to one (None: those that are kept out already)."""
    hold_units(obj.agency_id)
    visibility.lock(obj)
    policies.check_may_restrict(obj, by)
    kept = kept_by(obj, units)
    out = {*walled, *(person for each in kept for person in each.people)}
    policies.check_can_restrict(obj, named, out, by)
    reason = policies.check_reason(reason)
    was_open = guards.circle_of(obj).named is None
    guards.admit(obj, named=named, walled=out, by=by, reason=reason)
    set_walls(obj, kept, walled, reason, by)
    audit.record(
        Act.RESTRICTED, obj, by=by, reason=reason, walled=[str(person.pk) for person in walled],
        units=[each.unit for each in kept],
        named=None if named is None else [str(person.pk) for person in named],
    )  # fmt: skip
    if was_open != (named is None):
        announce_circle(obj)


# --- Agreements ------------------------------------------------------------------------------------------------


@verb
def propose_agreement(
    *, by: User, partner: Agency | None = None, task_force: TaskForce | None = None, **facts: Any
) -> Agreement:
    """Propose to a partner what may be exchanged; or set one's own terms in a task force, which hold at once.

    `facts` are the fields of `agreements.Terms`.
    """
    terms = agreements.Terms(**facts)
    starts_on = terms.starts_on or timezone.localdate()
    policies.check_can_propose(partner, task_force, starts_on, terms.ends_on, by)
    agreement = Agreement.objects.create(
        agency=policies.check_agency(by.agency), partner=partner, task_force=task_force, level=terms.level,
        handling=terms.handling, pointers=terms.pointers, purposes=list(terms.purposes), starts_on=starts_on,
        ends_on=terms.ends_on, proposed_by=by,
    )  # fmt: skip
    audit.record(Act.ASKED, agreement, by=by, with_agency=str(partner.pk) if partner else None)
    if task_force is not None:
        _put_in_force(agreement, by)
    return agreement


@verb
def answer_agreement(agreement: Agreement, *, accept: bool, by: User) -> Agreement:
    """Accept it, and it holds, in place of an earlier one; or decline it."""
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    policies.check_can_answer_agreement(agreement, by)
    if accept:
        _put_in_force(agreement, by)
    else:
        agreement.state, agreement.answered_by = Agreement.State.DECLINED, by
        agreement.save()
    audit.record(Act.ANSWERED, agreement, by=by, state=agreement.state, with_agency=str(agreement.agency_id))
    return agreement


@verb
def end_agreement(agreement: Agreement, *, reason: str, by: User) -> Agreement:
    """End it, or withdraw a proposal. What it allowed and nothing else does, ends with it, at once."""
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    policies.check_can_end_agreement(agreement, by)
    reason = policies.check_reason(reason)
    held = agreement.state == Agreement.State.IN_FORCE
    agreement.state, agreement.ended_by = Agreement.State.ENDED, by
    agreement.save()
    audit.record(Act.REVOKED, agreement, by=by, reason=reason)
    if held:
        keep_to_what_holds(agreement)
    return agreement


def _put_in_force(agreement: Agreement, by: User) -> None:
    earlier = Agreement.objects.filter(state=Agreement.State.IN_FORCE).exclude(pk=agreement.pk)
    if agreement.partner_id is not None:
        earlier = earlier.between(agreement.agency_id, agreement.partner_id)
    else:
        earlier = earlier.filter(agency=agreement.agency_id, task_force=agreement.task_force_id)
    earlier.update(state=Agreement.State.ENDED, ended_by=by)
    agreement.state, agreement.answered_by = Agreement.State.IN_FORCE, by
    agreement.save()
    keep_to_what_holds(agreement)
