"""What every answer tells the browser, so that it is careful with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agencies.models import User

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "path", ["/account/login/", "/leads/", "/health/", "/no-such-page/", "/api/v1/leads/"]
)
def test_every_answer_carries_what_makes_a_browser_careful(alice: User, as_user: Any, path: str) -> None:
    answer = as_user(alice).get(path)
    policy = answer["Content-Security-Policy"]
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer
    assert "charset=utf-8" in answer["Content-Type"] or answer["Content-Type"] == "application/json"


def test_trace_is_answered_by_nobody(alice: User, as_user: Any) -> None:
    for path in ("/", "/leads/", "/account/login/", "/api/v1/leads/"):
        assert as_user(alice).trace(path).status_code == 405


def test_signing_out_clears_what_the_browser_holds(alice: User, as_user: Any) -> None:
    client = as_user(alice)
    assert client.post("/account/logout/")["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get("/account/login/")


def test_a_file_that_is_not_there_is_not_answered_with_another(alice: User, as_user: Any) -> None:
    for path in ("/static/css/none.css", "/leads/none.css", "/agency/people/x.js"):
        assert as_user(alice).get(path).status_code == 404


def test_an_offices_cookies_are_bound_to_its_host_and_to_tls() -> None:
    asked = "import json; from django.conf import settings as s; import django; django.setup(); print(json.dumps({n: getattr(s, n) for n in dir(s) if 'COOKIE' in n}, default=str))"
    environment = os.environ | {"HTTPS": "1", "DJANGO_SETTINGS_MODULE": "taskforce.settings"}
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    office = json.loads(done.stdout)
    for name, by_script in (("SESSION", True), ("CSRF", False)):
        assert office[f"{name}_COOKIE_NAME"].startswith("__Host-")
        assert office[f"{name}_COOKIE_SECURE"]
        assert office[f"{name}_COOKIE_SAMESITE"] == "Lax"
        assert office[f"{name}_COOKIE_PATH"] == "/"
        assert office[f"{name}_COOKIE_DOMAIN"] is None
        assert office[f"{name}_COOKIE_HTTPONLY"] is by_script


def test_what_a_page_says_once_is_not_kept_on_the_officers_disk(ada: User, anna: User, as_user: Any) -> None:
    client = as_user(ada)
    client.post(f"/agency/people/{anna.pk}/close/", {"reason": "Left"})
    assert "The account of Anna is closed" in client.get("/agency/people/").content.decode()
    assert "messages" not in client.cookies


def test_a_session_cookie_is_out_of_the_reach_of_scripts(alice: User) -> None:
    client = Client()
    alice.set_password("a long walk by the sea 7")
    alice.save()
    answer = client.post("/account/login/", {"login": alice.email, "password": "a long walk by the sea 7"})
    assert answer.cookies["sessionid"]["httponly"]
