from __future__ import annotations

import uuid
from datetime import datetime

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.policies import EditConflict, Refused, check_reason, version_of
from intel import policies
from intel.matching import pointers
from intel.models import HitNotice, Judgement, Verdict


@verb
def judge_hit(
    notice: HitNotice,
    *,
    verdict: str,
    reason: str,
    by: User,
    version: str = "",
    batch: uuid.UUID | None = None,
) -> Judgement:
    """Say whether both sides are the same. It stays until somebody of the agency judges again or takes it back.

    `version` is that of the notice as `by` read it: raises `EditConflict` when it has changed since. `batch` is shared
    by hits judged in one go. The same judgement sent twice is one judgement.
    """
    notice = _locked(notice.pk)
    policies.check_can_judge(notice, by)
    newest = notice.judgements.select_related("judged_by").first()
    if newest and _is_repeated(newest, verdict, reason.strip(), by):
        return newest
    if version and version != version_of(notice):
        raise EditConflict(_what_changed(newest, version))
    judgement = Judgement.objects.create(
        notice=notice,
        agency_id=notice.agency_id,
        verdict=Verdict(verdict),
        reason=check_reason(reason),
        judged_by=by,
        batch=batch or uuid.uuid4(),
    )
    _set_state(notice, verdict)
    audit.record(Act.JUDGED, notice, by=by, verdict=verdict)
    return judgement


@verb
def undo_judgement(judgement: Judgement, *, by: User) -> Judgement:
    """Take a judgement back: what was judged before it holds again. Taking it back twice is taking it back once."""
    notice = _locked(judgement.notice_id)
    policies.check_can_judge(notice, by)
    if undone := notice.judgements.filter(undoes=judgement).first():
        return undone
    standing = list(notice.standing().select_related("judged_by")[:2])
    if not standing:
        raise Refused("Nothing is judged here that could be taken back.")
    if standing[0].pk != judgement.pk:
        raise Refused(
            f"{_who(standing[0])} has judged it again since, so there is nothing to take back here."
        )
    earlier = standing[1].verdict if len(standing) > 1 else ""
    undone = Judgement.objects.create(
        notice=notice, agency_id=notice.agency_id, verdict=earlier, judged_by=by, undoes=judgement
    )
    _set_state(notice, earlier or HitNotice.State.NEW)
    if notice.hit.withdrawn_at and not earlier:  # only its judgement kept it
        pointers.write_notices(notice.hit)
    audit.record(Act.JUDGED, notice, by=by, verdict=earlier, took_back=str(judgement.pk))
    return undone


def _locked(pk: uuid.UUID) -> HitNotice:
    notice: HitNotice = HitNotice.objects.select_for_update(of=("self",)).get(pk=pk)
    return notice


def _is_repeated(newest: Judgement, verdict: str, reason: str, by: User) -> bool:
    said = (newest.verdict, newest.reason, newest.judged_by_id, newest.undoes_id)
    return said == (verdict, reason, by.pk, None)


def _set_state(notice: HitNotice, state: str) -> None:
    notice.state = HitNotice.State(state)
    notice.save(update_fields=["state", "updated_at"])


def _what_changed(newest: Judgement | None, version: str) -> str:
    """Why what was read at `version` may not be judged on: who decided what meanwhile."""
    if newest is None or not _is_later(newest, version):
        return "This hit changed since you looked, because a record was edited. Look at it again before you judge."
    if newest.undoes_id:
        return f"{_who(newest)} took the judgement back meanwhile. Yours was not recorded: send it again to judge."
    said = newest.get_verdict_display().lower()
    return (
        f"{_who(newest)} judged this hit “{said}” meanwhile: “{newest.reason}” Yours was not recorded: "
        "send it again to put it in that place. Both stay in the history."
    )


def _is_later(judgement: Judgement, version: str) -> bool:
    try:
        return judgement.created_at > datetime.fromisoformat(version)
    except (TypeError, ValueError):
        return False


def _who(judgement: Judgement) -> str:
    return str(judgement.judged_by) if judgement.judged_by else "Somebody"
