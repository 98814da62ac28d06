"""Django's own deployment check, with the settings that docker-compose.yml gives an office, finds nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "taskforce.example"
SINGLE_SIGN_ON = {"SSO_ISSUER": "https://id.example", "SSO_CLIENT_ID": "taskforce"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The web server's environment in an office, with secrets as `deploy/make-secrets` makes them; no server is asked."""
    home = tmp_path_factory.mktemp("office")
    (home / "deploy").mkdir()
    script = shutil.copy(ROOT / "deploy" / "make-secrets", home / "deploy" / "make-secrets")
    subprocess.run([script, DOMAIN], check=True, capture_output=True)
    given = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["web"]["environment"]
    values = {name: _filled(str(value), home) for name, value in given.items()}
    return {"PATH": os.environ["PATH"], "TASKFORCE_HOME": str(home), **values}


def _filled(value: str, home: Path) -> str:
    """What Compose and its secrets make of a value of the file."""
    known = {"TASKFORCE_DOMAIN": DOMAIN}
    filled = re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: known.get(found[1], found[2] or ""), value)
    return filled.replace("/run/secrets/", f"{home}/deploy/secrets/")


def check(environment: dict[str, str]) -> tuple[int, str]:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("more", [{}, SINGLE_SIGN_ON], ids=["plain", "single sign-on"])
def test_an_offices_settings_have_nothing_to_warn_of(office: dict[str, str], more: dict[str, str]) -> None:
    code, said = check(office | more)
    assert (code, "no issues (0 silenced)" in said) == (0, True), said


@pytest.mark.parametrize(
    ("lax", "found"),
    [
        ({"HTTPS": "0"}, "security.W012"),
        ({"DEBUG": "1"}, "security.W018"),
        ({"SECRET_KEY_FILE": "", "SECRET_KEY": "short"}, "security.W009"),
        (SINGLE_SIGN_ON | {"SSO_ISSUER": "http://id.example"}, "agencies.E001"),
    ],
)
def test_the_check_finds_what_an_office_left_open(
    office: dict[str, str], lax: dict[str, str], found: str
) -> None:
    code, said = check(office | lax)
    assert code != 0
    assert found in said
