"""The demo's accounts have a public password: without TASKFORCE_DEMO=1 they do not open."""

from __future__ import annotations

from django.conf import settings

from agencies.models import User
from agencies.signin import AppointedSignIn
from taskforce.demo.logins import DOMAIN


class DemoAwareSignIn(AppointedSignIn):
    def may_enter(self, user: User) -> bool:
        return super().may_enter(user) and (settings.DEMO or not user.email.endswith(f".{DOMAIN}"))
