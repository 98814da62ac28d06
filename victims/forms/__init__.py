"""The forms of victims' records, of their identities and of screenings."""

from victims.forms.identity import (
    ChangeIdentityForm,
    DecideEmergencyForm,
    GiveIdentityForm,
    IdentifyForm,
    LookForm,
    ReasonForm,
)
from victims.forms.victim import LANGUAGE_NAMES, LANGUAGES, VictimForm

__all__ = [
    "LANGUAGES",
    "LANGUAGE_NAMES",
    "ChangeIdentityForm",
    "DecideEmergencyForm",
    "GiveIdentityForm",
    "IdentifyForm",
    "LookForm",
    "ReasonForm",
    "VictimForm",
]
