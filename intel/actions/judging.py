from __future__ import annotations

from django.db import transaction

from agencies import audit
from agencies.audit import Act
from agencies.models import User
from agencies.policies import check_reason
from intel import policies
from intel.models import HitNotice, Judgement, Verdict


@transaction.atomic
def judge_hit(notice: HitNotice, *, verdict: str, reason: str, by: User) -> Judgement:
    """Say whether both sides are the same. It stays until somebody of the agency judges again."""
    notice = HitNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    policies.check_can_judge(notice, by)
    judgement = Judgement.objects.create(
        notice=notice,
        agency_id=notice.agency_id,
        verdict=Verdict(verdict),
        reason=check_reason(reason),
        judged_by=by,
    )
    notice.state = HitNotice.State(verdict)
    notice.save(update_fields=["state", "updated_at"])
    audit.record(Act.JUDGED, notice, by=by, verdict=verdict)
    return judgement
