from django.apps import AppConfig


class IntelConfig(AppConfig):
    name = "intel"

    def ready(self) -> None:
        from agencies.agreements import CHANGED, CLOSED_WITH, GOES_WITH, HANDED_ON_WITH, MADE_OF
        from agencies.handing_over import HANDED_OVER, HINDERED_BY
        from agencies.presenters_handover import FACTS, WHAT_GOES
        from cases.places import FINDERS
        from intel.actions.attaching import close_beyond
        from intel.actions.handing_over import check_can_go, follow_lead
        from intel.actions.telling import agreed_anew
        from intel.policies import bound_with, fed_openly, used_in
        from intel.presenters_handover import goes_with_lead, summary_facts
        from intel.towns import towns_in

        HANDED_ON_WITH.append(fed_openly)
        MADE_OF.append(used_in)
        GOES_WITH.append(bound_with)
        CLOSED_WITH.append(close_beyond)
        CHANGED.append(agreed_anew)
        HINDERED_BY.append(check_can_go)
        HANDED_OVER.append(follow_lead)
        FACTS.append(summary_facts)
        WHAT_GOES.append(goes_with_lead)
        FINDERS.append(towns_in)
