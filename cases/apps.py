from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from agencies.policies import REVOKE_CHECKS
        from cases.policies import assigned_agencies

        REVOKE_CHECKS.append(assigned_agencies)
