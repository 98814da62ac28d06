"""The forms of victims' records and of their identities."""

from victims.forms.identity import (
    ChangeIdentityForm,
    DecideEmergencyForm,
    GiveIdentityForm,
    IdentifyForm,
    LookForm,
    ReasonForm,
)
from victims.forms.victim import VictimForm

__all__ = [
    "ChangeIdentityForm",
    "DecideEmergencyForm",
    "GiveIdentityForm",
    "IdentifyForm",
    "LookForm",
    "ReasonForm",
    "VictimForm",
]
