"""Raw form data, made fit to keep."""

import uuid

from django.http import QueryDict


def without_nuls(data: QueryDict) -> QueryDict:
    """A copy without NUL characters, which PostgreSQL cannot keep and nobody types."""
    clean = QueryDict(mutable=True)
    for name, values in data.lists():
        clean.setlist(name.replace("\0", ""), [str(value).replace("\0", "") for value in values])
    return clean


def uuid_in(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
