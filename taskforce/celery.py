"""The bell: Celery carries job ids, never content; the job rows in PostgreSQL are the truth."""

import gc
import os
from typing import Any

from celery import Celery, Task
from celery.signals import celeryd_after_setup

from agencies import acting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskforce.settings")


class SystemTask(Task):  # type: ignore[type-arg]
    """Background work looks across agencies: it finds what neither may read, and tells each what it may learn."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting.on_behalf_of(acting.SYSTEM):
            return super().__call__(*args, **kwargs)


app = Celery("taskforce", task_cls=SystemTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_after_setup.connect
def share_memory(**_facts: object) -> None:
    """Keep what is loaded out of the collector's reach, so that the processes forked now go on sharing it."""
    gc.collect()
    gc.freeze()
