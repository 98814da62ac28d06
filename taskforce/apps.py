from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, transaction
from django.db.models.signals import post_migrate, pre_migrate

SQL = Path(__file__).parent / "postgresql"


class TaskforceConfig(AppConfig):
    name = "taskforce"

    def ready(self) -> None:
        # The broker must be known to every process that rings a task, not only to the worker.
        from taskforce import celery  # noqa: F401

        once = apps.get_app_config("agencies")  # the signals come for each app that has models
        pre_migrate.connect(_make_way, sender=once)
        post_migrate.connect(_close_second_lock, sender=once)


def _make_way(using: str, plan: list[Any], **_facts: Any) -> None:
    if plan:
        _run(using, "before_migrating.sql")


def _close_second_lock(using: str, plan: list[Any] | None = None, **_facts: Any) -> None:
    """Row-level security for all tables, once there are all: libraries are migrated first. Emptying tables is no migration."""
    wanted = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    if plan is not None and wanted <= set(connections[using].introspection.table_names()):
        _run(using, "before_migrating.sql", "second_lock.sql")


def _run(using: str, *names: str) -> None:
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for name in names:
            cursor.execute((SQL / name).read_text())
