from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"

    def ready(self) -> None:
        from agencies import witness  # noqa: F401 (its receivers; models are loaded only now)
