from django.apps import AppConfig


class IntelConfig(AppConfig):
    name = "intel"

    def ready(self) -> None:
        from agencies.agreements import GOES_WITH, HANDED_ON_WITH
        from intel.policies import cases_fed_openly, fed_openly

        HANDED_ON_WITH.append(fed_openly)
        GOES_WITH.append(cases_fed_openly)
