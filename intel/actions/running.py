from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import Agency, User
from agencies.policies import Refused, check_agency
from intel import policies
from intel.matching import runs
from intel.matching.model import shipped
from intel.models import Lead, LinkRun

K, S = LinkRun.Kind, LinkRun.State


@verb
def start_run(
    *,
    by: User | None,
    kind: str = K.RELINK,
    agency: Agency | None = None,
    listed: Lead | None = None,
    changed_since: datetime | None = None,
) -> LinkRun:
    """Start a run after commit, or return the one of the same kind and extent that is not finished yet.

    A person re-links their own agency's leads, against everything. Only the installation itself (`by` None) re-links
    all agencies' and screens published lists: `listed` alone, its entries changed since a moment, or all.
    """
    policies.check_can_run(by)
    if by is not None:
        agency = check_agency(by.agency)
        if kind != K.RELINK or listed is not None:
            raise Refused("Lists are screened by those who operate the installation.")
    run = LinkRun(
        kind=kind, agency=agency, listed=listed, changed_since=changed_since, started_by=by,
        model_version=shipped().version,
    )  # fmt: skip
    while (held := _kept(run)) is None:  # what was in its way ended at this very moment
        pass
    if held.pk == run.pk:
        audit.record(Act.OPENED, held, by=by, what=kind)
        transaction.on_commit(lambda: runs.ring(held), robust=True)
    return held


def _kept(run: LinkRun) -> LinkRun | None:
    """This run, now kept, or the unfinished one of the same kind and extent."""
    if run.changed_since is not None:  # each of these has entries of its own
        run.save(force_insert=True)
        return run
    LinkRun.objects.bulk_create([run], ignore_conflicts=True)
    alike = LinkRun.objects.unfinished().filter(
        kind=run.kind, agency=run.agency, listed=run.listed, changed_since=None
    )
    found: LinkRun | None = alike.first()
    return found


@verb
def pause_run(run: LinkRun, *, by: User | None) -> LinkRun:
    """Halt a run after the steps that are under way. What is done stays done."""
    return _move(run, S.PAUSED, by)


@verb
def resume_run(run: LinkRun, *, by: User | None) -> LinkRun:
    """Go on with a paused run where it stopped."""
    run = _move(run, S.RUNNING if run.chunks.exists() else S.WAITING, by)
    transaction.on_commit(lambda: runs.ring(run), robust=True)
    return run


@verb
def cancel_run(run: LinkRun, *, by: User | None) -> LinkRun:
    """End a run for good. What it has linked so far stays; the rest is as it was."""
    return _move(run, S.CANCELLED, by)


def _move(run: LinkRun, state: str, by: User | None) -> LinkRun:
    run = LinkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    policies.check_can_steer(run, state, by)
    was, now = run.state, timezone.now()
    if state in (S.PAUSED, S.CANCELLED):
        run.moved_before, run.moving_since = run.seconds, None
        run.bell += 1
    if state == S.CANCELLED:
        run.finished_at = now
    if state == S.RUNNING:
        run.moving_since = now
    run.state = state
    run.save()
    audit.record(Act.MOVED, run, by=by, was=was, now=state)
    return run
