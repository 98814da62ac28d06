from celery import shared_task

from agencies import jobs
from intel.matching import engine
from intel.models import Disclosure


@shared_task
def match_lead(job_id: str) -> None:
    jobs.perform(job_id, engine.match)


@shared_task
def expire_disclosures() -> None:
    Disclosure.objects.expire_overdue()
