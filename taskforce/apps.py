from django.apps import AppConfig


class TaskforceConfig(AppConfig):
    name = "taskforce"

    def ready(self) -> None:
        # The broker must be known to every process that rings a task, not only to the worker.
        from taskforce import celery  # noqa: F401
