from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from agencies.agreements import CHANGED, ENDED_WITH
        from agencies.policies import KNOWN_PEOPLE, REVOKE_CHECKS
        from cases.actions import end_with_grant, take_operations_back
        from cases.deconfliction import retell
        from cases.policies import assigned_agencies, people_on_the_case

        REVOKE_CHECKS.append(assigned_agencies)
        KNOWN_PEOPLE.append(people_on_the_case)
        ENDED_WITH.append(end_with_grant)
        ENDED_WITH.append(take_operations_back)
        CHANGED.append(retell)
