from importlib import import_module

from django.apps import AppConfig


class VictimsConfig(AppConfig):
    name = "victims"

    def ready(self) -> None:
        import_module("victims.checks")
