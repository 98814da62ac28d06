from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from agencies.agreements import ENDED_WITH
        from agencies.policies import KNOWN_PEOPLE, REVOKE_CHECKS
        from cases.actions import end_with_grant
        from cases.policies import assigned_agencies, people_on_the_case

        REVOKE_CHECKS.append(assigned_agencies)
        KNOWN_PEOPLE.append(people_on_the_case)
        ENDED_WITH.append(end_with_grant)
