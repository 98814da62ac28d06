from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agencies.serializers import (
    AgencySerializer,
    CodeField,
    ContactSerializer,
    FeedQuerySerializer,
    LevelledSerializer,
    StrictSerializer,
)
from cases.models import Assignment, Case, Task


class TaskQuerySerializer(FeedQuerySerializer):
    case = serializers.UUIDField(required=False, help_text="Only the tasks of this case, without tombstones.")


class NewTaskSerializer(StrictSerializer):
    """A task for nobody yet, for an agency that works the case, or for a person of such an agency."""

    title = serializers.CharField(max_length=200)
    details = serializers.CharField(max_length=5_000, allow_blank=True, default="")
    due_on = serializers.DateField(allow_null=True, default=None)
    assigned_agency = serializers.UUIDField(allow_null=True, default=None)
    assignee = serializers.UUIDField(allow_null=True, default=None)
    agency_private = serializers.BooleanField(default=False, help_text="Only your agency sees it.")


class TaskMoveSerializer(StrictSerializer):
    status = CodeField(choices=Task.Status.choices)


# --- Answers (written by presenters; these describe them) ----------------------------------------------


class CaseSummarySerializer(LevelledSerializer):
    """A case of which the caller's agency may know the outline (level "summary")."""

    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=Case.Kind.choices)
    jurisdictions = serializers.ListField(child=serializers.CharField())
    agency = AgencySerializer()
    contact = ContactSerializer(allow_null=True)


class AssignmentSerializer(serializers.Serializer[Any]):
    agency = AgencySerializer()
    part = serializers.ChoiceField(choices=Assignment.Part.choices)
    since = serializers.DateTimeField()


class CaseSerializer(CaseSummarySerializer):
    reference = serializers.CharField()
    summary = serializers.CharField()
    status = serializers.ChoiceField(choices=Case.Status.choices)
    priority = serializers.ChoiceField(choices=Case.Priority.choices)
    tags = serializers.ListField(child=serializers.CharField(), help_text="The owning agency's own words.")
    agencies = AssignmentSerializer(many=True, help_text="Who works the case.")
    version = serializers.CharField(required=False, help_text="Only to the owning agency.")


class TaskSerializer(LevelledSerializer):
    case = serializers.UUIDField(
        allow_null=True, help_text="Null when the case is no longer shared with you."
    )
    title = serializers.CharField()
    details = serializers.CharField()
    status = serializers.ChoiceField(choices=Task.Status.choices)
    due_on = serializers.DateField(allow_null=True)
    agency = AgencySerializer(help_text="Who set the task.")
    assigned_agency = AgencySerializer(allow_null=True)
    assignee = serializers.CharField(allow_null=True)
    agency_private = serializers.BooleanField()
