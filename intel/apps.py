from django.apps import AppConfig


class IntelConfig(AppConfig):
    name = "intel"

    def ready(self) -> None:
        from agencies.agreements import CHANGED, GOES_WITH, HANDED_ON_WITH
        from intel.actions.telling import agreed_anew
        from intel.policies import cases_fed_openly, fed_openly

        HANDED_ON_WITH.append(fed_openly)
        GOES_WITH.append(cases_fed_openly)
        CHANGED.append(agreed_anew)
