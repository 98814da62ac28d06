from celery import shared_task

from agencies import jobs
from cases import deconfliction


@shared_task
def deconflict_operation(job_id: str) -> None:
    jobs.perform(job_id, deconfliction.check_operation)


@shared_task
def deconflict_site(job_id: str) -> None:
    jobs.perform(job_id, deconfliction.check_site)


@shared_task
def deconflict_all() -> None:
    """Every night, once more: by jobs of their own, so that one that fails holds up no other."""
    for pk in deconfliction.all_to_check().values_list("pk", flat=True):
        jobs.enqueue("cases.tasks.deconflict_operation", pk)
