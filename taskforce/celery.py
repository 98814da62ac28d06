"""The bell: Celery carries job ids, never content; the job rows in PostgreSQL are the truth."""

import gc
import os

from celery import Celery
from celery.signals import celeryd_after_setup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskforce.settings")

app = Celery("taskforce")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_after_setup.connect
def share_memory(**_facts: object) -> None:
    """Keep what is loaded out of the collector's reach, so that the processes forked now go on sharing it."""
    gc.collect()
    gc.freeze()
