"""What agencies agreed has changed: who may learn of a hit follows, in the background."""

from __future__ import annotations

from agencies import jobs
from agencies.models import Agreement

TELL_BETWEEN = "intel.tasks.tell_between"


def agreed_anew(agreement: Agreement) -> None:
    jobs.enqueue(TELL_BETWEEN, agreement.pk)
