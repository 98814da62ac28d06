from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from agencies.agreements import CHANGED, ENDED_WITH
        from agencies.handing_over import HANDED_OVER
        from agencies.policies import KNOWN_PEOPLE, REVOKE_CHECKS
        from agencies.presenters_handover import FACTS, WHAT_GOES
        from cases.actions import end_with_grant, take_operations_back
        from cases.actions.handing_over import follow_case
        from cases.deconfliction import retell
        from cases.policies import assigned_agencies, people_on_the_case
        from cases.presenters import goes_with_case, summary_facts

        REVOKE_CHECKS.append(assigned_agencies)
        KNOWN_PEOPLE.append(people_on_the_case)
        ENDED_WITH.append(end_with_grant)
        HANDED_OVER.append(follow_case)
        FACTS.append(summary_facts)
        WHAT_GOES.append(goes_with_case)
        ENDED_WITH.append(take_operations_back)
        CHANGED.append(retell)
