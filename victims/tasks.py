from celery import shared_task

from victims import ending


@shared_task
def end_outdated_consents() -> None:
    ending.end_outdated_consents()


@shared_task
def escalate_unanswered() -> None:
    ending.escalate_unanswered()
