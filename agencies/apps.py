from importlib import import_module

from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"

    def ready(self) -> None:
        import_module("agencies.signin_events")
        watchers = [import_module(f"agencies.{name}").watch for name in ("volume", "canaries")]
        import_module("agencies.audit").WATCHERS.extend(watchers)
        import_module("agencies.audit").PURPOSES.append(import_module("agencies.purposes").purposes_of)
