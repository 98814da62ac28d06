"""The shapes of the API's answers, for its description; presenters write them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agencies.models import PointerPolicy
from agencies.serializers import AgencySerializer, ContactSerializer, FeedQuerySerializer, LevelledSerializer
from cases.models import Case
from intel.models import Disclosure, HitNotice, Lead, Subject
from intel.models.hit import Band
from intel.serializers import ASKED_LEVELS


class SubjectQuerySerializer(FeedQuerySerializer):
    lead = serializers.UUIDField(
        required=False, help_text="Only the subjects of this lead, without tombstones."
    )


class IdentifierSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    value = serializers.CharField(help_text="Normalised. Send it back as `raw` to keep it.")
    display = serializers.CharField()
    raw = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())


class LeadSubjectSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Subject.Kind.choices)
    name = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    birth_earliest = serializers.DateField(allow_null=True)
    birth_latest = serializers.DateField(allow_null=True)
    age = serializers.IntegerField(allow_null=True)
    sex = serializers.ChoiceField(choices=[*Subject.Sex.choices, ("", "Unknown")])
    nationalities = serializers.ListField(child=serializers.CharField())
    places = serializers.ListField(child=serializers.CharField())
    role = serializers.CharField()
    note = serializers.CharField()
    identifiers = IdentifierSerializer(many=True)


class SubjectSerializer(LeadSubjectSerializer, LevelledSerializer):
    agency = AgencySerializer()
    lead = serializers.UUIDField(allow_null=True, help_text="Null when the lead is not shared with you.")


class LeadSummarySerializer(LevelledSerializer):
    """A lead of which the caller's agency may know the outline (level "summary")."""

    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=Lead.Kind.choices)
    category = serializers.ChoiceField(choices=[*Case.Kind.choices, ("", "None")])
    countries = serializers.ListField(child=serializers.CharField())
    reported_on = serializers.DateField()
    occurred_on = serializers.DateField(allow_null=True)
    agency = AgencySerializer()
    contact = ContactSerializer(allow_null=True)


class LeadSerializer(LeadSummarySerializer):
    reference = serializers.CharField()
    narrative = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # our word; DRF has an attribute of that name
    grade_source = serializers.CharField(help_text="Europol 4x4: A, B, C, X")
    grade_information = serializers.CharField(help_text="Europol 4x4: 1, 2, 3, 4")
    handling = serializers.ListField(child=serializers.CharField(), help_text="Europol H0-H3")
    tags = serializers.ListField(child=serializers.CharField(), help_text="The owning agency's own words.")
    caveat = serializers.CharField()
    basis = serializers.ChoiceField(choices=Lead.Basis.choices)
    predicate = serializers.CharField(help_text="The offence that a reasonable suspicion is of.")
    place = serializers.CharField()
    status = serializers.ChoiceField(choices=Lead.Status.choices)
    identifiers = IdentifierSerializer(many=True, help_text="Those that no subject holds.")
    subjects = LeadSubjectSerializer(
        many=True,
        allow_null=True,
        help_text="Null for a published list: read its entries from `/subjects/?lead=`.",
    )
    pointer_policy = serializers.ChoiceField(
        choices=PointerPolicy.choices, required=False, help_text="Only to the owning agency."
    )
    assigned_to = serializers.CharField(
        allow_null=True, required=False, help_text="Only to the owning agency."
    )
    decision_reason = serializers.CharField(required=False, help_text="Only to the owning agency.")
    review_on = serializers.DateField(
        allow_null=True, required=False, help_text="Only to the owning agency: kept until then, at most."
    )
    version = serializers.CharField(required=False, help_text="Only to the owning agency.")


class EvidenceSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    bits = serializers.FloatField(help_text="Weight for (positive) or against, in log2 odds.")
    value = serializers.CharField(help_text="Your own value.")
    other_value = serializers.CharField(
        allow_null=True, help_text="Theirs; null while their record is closed to you."
    )
    sentence = serializers.CharField()


class NoticeSerializer(LevelledSerializer):
    """What your agency may know of a hit. `is_open` says whether the other record is shared with you."""

    band = serializers.ChoiceField(choices=Band.choices)
    state = serializers.ChoiceField(choices=HitNotice.State.choices)
    lead = serializers.UUIDField()
    subject = serializers.UUIDField(allow_null=True)
    other_agency = AgencySerializer(allow_null=True)
    contact = ContactSerializer(allow_null=True)
    liaison = serializers.CharField()
    is_open = serializers.BooleanField()
    other_lead = serializers.UUIDField(allow_null=True)
    other_subject = serializers.UUIDField(allow_null=True)
    evidence = EvidenceSerializer(many=True)


class DisclosureSerializer(LevelledSerializer):
    """A request to disclose. `lead` and `subject` name the record asked for, to those who see it."""

    agency = AgencySerializer(help_text="Who asks.")
    contact = ContactSerializer(allow_null=True)
    asked_by = serializers.CharField(allow_null=True)
    holder = AgencySerializer(help_text="Who is asked.")
    holder_contact = ContactSerializer(allow_null=True, help_text="Once the answer was full or contact only.")
    asked_level = serializers.ChoiceField(choices=list(ASKED_LEVELS))
    purpose = serializers.CharField()
    deadline = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Disclosure.State.choices)
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    granted_until = serializers.DateTimeField(allow_null=True)
    notice = serializers.UUIDField(allow_null=True, help_text="Your hit notice, if you asked.")
    lead = serializers.UUIDField(allow_null=True)
    subject = serializers.UUIDField(allow_null=True)
