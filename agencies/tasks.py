from celery import shared_task
from oauth2_provider.models import clear_expired

from agencies import dormancy, enforcing, idempotency, jobs, lockout, purging, sealing


@shared_task
def ring_overdue_jobs() -> None:
    jobs.ring_overdue()


@shared_task
def announce_expired_grants() -> None:
    """Expiry takes effect by itself, at the second; the feeds are told of it here, and agreements' days are kept."""
    enforcing.end_expired()
    enforcing.keep_to_agreements()
    enforcing.stop_rules()


@shared_task
def forget_idempotent_answers() -> None:
    idempotency.forget_old()


@shared_task
def close_unused_accounts() -> None:
    dormancy.close_unused()


@shared_task
def forget_wrong_sign_ins() -> None:
    lockout.forget_old_failures()


@shared_task
def forget_expired_tokens() -> None:
    """Of the API's tokens, which end by themselves, none is kept."""
    clear_expired()


@shared_task
def seal_audit() -> None:
    sealing.seal()
    purging.sign_certificates()


@shared_task
def purge_lapsed() -> None:
    """What was not validated by its review date goes within an hour after that day."""
    purging.purge_lapsed()
