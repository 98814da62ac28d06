"""What the API takes and gives, as far as all resources share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field, inline_serializer
from rest_framework import serializers

from agencies import tags
from agencies.models import Agency
from agencies.visibility import Level

MOST_A_PAGE = 200
LEVELS = [level.name.lower() for level in Level]


class StrictSerializer(serializers.Serializer[Any]):
    """Takes the fields it declares and refuses every other, so that nobody sets what is not theirs to set."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            takes = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(_legible(name) for name in set(data) - takes)
            if unknown:
                raise serializers.ValidationError(
                    {name: ["There is no such field."] for name in unknown[:20]}
                )
        return super().to_internal_value(data)


def _legible(name: Any) -> str:
    """A stranger's field name as it can be given back: short, and without what is no text."""
    return str(name)[:100].encode(errors="replace").decode()


class CodeField(serializers.ChoiceField):
    """A choice by its code. What was sent instead is not given back: it may be long, or no text at all."""

    default_error_messages = {"invalid_choice": "This is not one of the codes."}


class TagsSerializer(serializers.ListField):
    """An agency's own words on its record, as `read_tag` keeps them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=serializers.CharField(max_length=tags.LONGEST), max_length=tags.MOST, default=list, **kwargs
        )

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(tags.read_tag(each) for each in super().to_internal_value(data)))


class FeedQuerySerializer(StrictSerializer):
    """The query of a list. Resources add their own filters."""

    cursor = serializers.CharField(
        required=False, max_length=200, help_text="The `next` of the page before; without it from the start."
    )
    limit = serializers.IntegerField(
        required=False, default=100, min_value=1, max_value=MOST_A_PAGE, help_text="Rows a page."
    )
    updated_since = serializers.DateTimeField(
        required=False, help_text="Only what became visible, changed or was withdrawn since (ISO 8601)."
    )


# --- Answers (written by presenters; these describe them) ----------------------------------------------


class AgencySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    short_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Agency.Kind.choices)
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")


class ContactSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    email = serializers.EmailField()
    phone = serializers.CharField()


class LevelledSerializer(serializers.Serializer[Any]):
    """What every row carries: its id, and how much of it the caller's agency has."""

    id = serializers.UUIDField()
    level = serializers.ChoiceField(choices=LEVELS)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TombstoneSerializer(serializers.Serializer[Any]):
    """A row that is no longer shared with the caller's agency. Delete your copy."""

    id = serializers.UUIDField()
    withdrawn = serializers.BooleanField(help_text="Always true.")
    changed_at = serializers.DateTimeField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as RFC 9457 has it (media type `application/problem+json`)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for the person who reads your logs.")
    errors = serializers.DictField(  # type: ignore[assignment]  # the field's name is ours to choose
        required=False, help_text="What is wrong with which field."
    )
    current = serializers.DictField(required=False, help_text="On an edit conflict: the row as it is now.")


class WithheldSerializer(serializers.Serializer[Any]):
    """A row that you may have, and that is not given before its owner's question for a purpose is answered."""

    id = serializers.UUIDField()
    why = serializers.CharField()
    state_at = serializers.CharField(allow_null=True, help_text="Where a person states it. Null to programs.")


def page_of(name: str, *rows: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The envelope of a list whose rows have one of these shapes, or are tombstones."""
    shapes = PolymorphicProxySerializer(
        component_name=f"{name}Row",
        serializers=[*rows, TombstoneSerializer],
        resource_type_field_name=None,
        many=False,
    )

    @extend_schema_field(shapes)
    class RowField(serializers.DictField):
        pass

    page = inline_serializer(
        name=f"{name}Page",
        fields={
            "results": serializers.ListField(child=RowField()),
            "next": serializers.CharField(
                help_text="Come back with this as `cursor`, also after the last page."
            ),
            "has_more": serializers.BooleanField(help_text="Is there more to read now?"),
            "withheld": WithheldSerializer(
                many=True, help_text="Left out of `results` until a purpose is stated, or agreed on."
            ),
        },
    )
    return forced_singular_serializer(type(page))  # type: ignore[no-any-return,no-untyped-call]
