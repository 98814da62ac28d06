"""What the API says of lanes (written by presenters; these describe it)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agencies.serializers import AgencySerializer, FeedQuerySerializer, LevelledSerializer
from cases import codelists
from cases.models import CooperationRequest, Offence, Track


class OfCaseQuerySerializer(FeedQuerySerializer):
    case = serializers.UUIDField(required=False, help_text="Only the lanes of this case, without tombstones.")


class OffenceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Offence.Kind.choices)
    law = serializers.CharField()
    title = serializers.CharField()
    acts = serializers.ListField(child=serializers.ChoiceField(choices=codelists.choices("palermo_act")))
    means = serializers.ListField(child=serializers.ChoiceField(choices=codelists.choices("palermo_means")))
    purposes = serializers.ListField(
        child=serializers.ChoiceField(choices=codelists.choices("exploitation_purpose"))
    )
    child = serializers.BooleanField(help_text="A victim was under 18: no means is needed.")
    agency_private = serializers.BooleanField()
    is_complete = serializers.BooleanField(help_text="All elements of trafficking are recorded.")
    says = serializers.CharField(help_text="Which element is missing, in a sentence. No legal finding.")


class CooperationRequestSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=codelists.choices("cooperation_kind"))
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    authority = serializers.CharField()
    asks = serializers.CharField()
    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=CooperationRequest.Status.choices)
    refusal = serializers.CharField()
    sent_on = serializers.DateField(allow_null=True)
    received_on = serializers.DateField(allow_null=True)
    begun_on = serializers.DateField(
        allow_null=True, help_text="Recognised (EIO), kept since (preservation), arrested (EAW)."
    )
    ended_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True, help_text="The day asked for or agreed.")
    next_due = serializers.DateField(
        allow_null=True, help_text="The clock that ends first, by the published rules or as agreed."
    )
    agency_private = serializers.BooleanField()


class TrackSerializer(LevelledSerializer):
    case = serializers.UUIDField(
        allow_null=True, help_text="Null when the case is no longer shared with you."
    )
    agency = AgencySerializer(help_text="Who keeps the lane.")
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    district = serializers.CharField()
    stage = serializers.ChoiceField(choices=Track.Stage.choices)
    stage_since = serializers.DateField()
    leads = serializers.BooleanField(help_text="The agreed lead jurisdiction of the case.")
    prosecutor = serializers.CharField()
    prosecutor_contact = serializers.CharField()
    court = serializers.CharField()
    docket = serializers.CharField()
    limitation_on = serializers.DateField(allow_null=True)
    limitation_basis = serializers.CharField()
    remarks = serializers.CharField()
    agency_private = serializers.ListField(
        child=serializers.CharField(), help_text="Which of your own facts only your agency sees."
    )
    offences = OffenceSerializer(many=True)
    requests = CooperationRequestSerializer(many=True)
