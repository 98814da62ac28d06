from celery import shared_task

from agencies import jobs
from intel import reconciling
from intel.matching import engine, keeping, learning, protection, runs
from intel.models import Disclosure


@shared_task
def match_lead(job_id: str) -> None:
    jobs.perform(job_id, engine.match)


@shared_task
def rematch_lead(job_id: str) -> None:
    jobs.perform(job_id, engine.match)


@shared_task
def apply_protection(job_id: str) -> None:
    jobs.perform(job_id, protection.apply)


@shared_task
def tell_between(job_id: str) -> None:
    jobs.perform(job_id, keeping.tell_between)


@shared_task
def lapse_outdated_protections() -> None:
    protection.lapse_outdated()


@shared_task
def learn_weights(job_id: str) -> None:
    jobs.perform(job_id, learning.learn)


@shared_task
def expire_disclosures() -> None:
    Disclosure.objects.expire_overdue()


@shared_task
def work_on_run(run_id: str, bell: int) -> None:
    runs.answer(run_id, bell)


@shared_task
def ring_still_runs() -> None:
    runs.ring_still()


@shared_task
def check_reach() -> None:
    reconciling.report()
