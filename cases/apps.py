from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from agencies.policies import REVOKE_CHECKS
        from cases.policies import refuse_revoking_an_assignment

        REVOKE_CHECKS.append(refuse_revoking_an_assignment)
