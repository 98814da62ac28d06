"""A partner's program, as the tests play it: speaks JSON, carries a token of its service account."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application

from agencies.models import ClientTerms, User

ROOT = "/api/v1"
PROBLEM = "application/problem+json"


def token_of(account: User, scope: str = "read write") -> str:
    """A token as the token endpoint would give it, without the deliberately slow check of the secret."""
    client, _ = Application.objects.get_or_create(
        user=account,
        defaults={
            "name": account.name,
            "client_secret": "unused",
            "hash_client_secret": False,
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_CLIENT_CREDENTIALS,
        },
    )
    ClientTerms.objects.get_or_create(
        application=client,
        defaults={"purpose": "Tests", "expires_at": timezone.now() + timedelta(days=90)},
    )
    token = secrets.token_urlsafe(20)
    expires = timezone.now() + timedelta(hours=1)
    AccessToken.objects.create(application=client, token=token, scope=scope, expires=expires)
    return token


class Api:
    """`Api(bob_api).get("/leads/")`: the answer, its parsed body as `.data`."""

    def __init__(self, account: User | None, scope: str = "read write") -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {token_of(account, scope)}"} if account else {}

    def get(self, path: str, **query: Any) -> Any:
        return self._parsed(self.client.get(ROOT + path, query, headers=self.headers))

    def post(self, path: str, body: Any, *, key: str | None = None) -> Any:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return self._parsed(
            self.client.post(ROOT + path, body, content_type="application/json", headers=headers)
        )

    def put(self, path: str, body: Any) -> Any:
        return self._parsed(
            self.client.put(ROOT + path, body, content_type="application/json", headers=self.headers)
        )

    def pull(self, path: str, cursor: str | None = None, **query: Any) -> tuple[list[Any], str]:
        """All pages from a cursor on: their rows, and the cursor to come back with."""
        rows: list[Any] = []
        while True:
            at = {"cursor": cursor} if cursor else {}
            page = self.get(path, **at, **query).data
            rows += page["results"]
            cursor = page["next"]
            if not page["has_more"]:
                return rows, cursor

    @staticmethod
    def _parsed(response: Any) -> Any:
        response.data = response.json()
        return response
