from django.apps import AppConfig


class IntelConfig(AppConfig):
    name = "intel"

    def ready(self) -> None:
        from agencies.agreements import CHANGED, CLOSED_WITH, GOES_WITH, HANDED_ON_WITH, MADE_OF
        from cases.places import FINDERS
        from intel.actions.attaching import close_beyond
        from intel.actions.telling import agreed_anew
        from intel.policies import bound_with, fed_openly, used_in
        from intel.towns import towns_in

        HANDED_ON_WITH.append(fed_openly)
        MADE_OF.append(used_in)
        GOES_WITH.append(bound_with)
        CLOSED_WITH.append(close_beyond)
        CHANGED.append(agreed_anew)
        FINDERS.append(towns_in)
