"""The office deployment: what docker-compose.yml promises about walls between its parts."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
APP = ("web", "worker", "beat", "migrate")


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert not any("network_mode" in service for service in SERVICES.values())


def test_the_databases_have_no_way_out() -> None:
    assert COMPOSE["networks"]["data"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["data"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_part_can_gain_rights_or_change_its_own_programs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_what_serves_people_connects_as_the_role_that_owns_nothing(name: str) -> None:
    assert SERVICES[name]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/database_url"
    assert "database_owner_url" not in SERVICES[name]["secrets"]


def test_only_the_migration_has_the_owners_password() -> None:
    assert [name for name in APP if "database_owner_url" in SERVICES[name]["secrets"]] == ["migrate"]
    assert SERVICES["migrate"]["environment"]["DATABASE_URL_FILE"] == "/run/secrets/database_owner_url"


def test_no_secret_is_written_in_the_file() -> None:
    assert all(secret["file"].startswith("deploy/secrets/") for secret in COMPOSE["secrets"].values())
    for service in SERVICES.values():
        written = [key for key in service.get("environment", {}) if "PASSWORD" in key or "SECRET" in key]
        assert all(key.endswith("_FILE") for key in written)


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_part_that_stays_says_whether_it_is_well(name: str) -> None:
    image_has_a_check = "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    assert "healthcheck" in SERVICES[name] or (name == "web" and image_has_a_check)
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_nothing_serves_before_the_tables_are_there(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_name_used_is_defined() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        sources = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {s for s in sources if not s.startswith(".")} <= set(COMPOSE["volumes"])
        assert all((ROOT / s).is_file() for s in sources if s.startswith("."))


def test_the_image_runs_as_an_ordinary_user_and_takes_in_only_what_is_named() -> None:
    assert "USER 10001:10001" in (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert not {"!deploy", "!var", "!.git", "!.env"} & set(ignored)


def test_the_secrets_of_a_new_office_are_made_once_and_kept(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "make-secrets"
    shutil.copy(ROOT / "deploy" / "make-secrets", script)

    def make() -> dict[str, str]:
        subprocess.run([script, "taskforce.example"], check=True, capture_output=True)
        return {path.name: path.read_text() for path in (tmp_path / "deploy" / "secrets").iterdir()}

    made = make()

    assert make() == made
    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} == set(made)
    assert (
        made["database_url"] == f"postgresql://taskforce_app:{made['app_password']}@postgres:5432/taskforce"
    )
    assert len({made[name] for name in made}) == len(made)
    assert (tmp_path / "deploy" / "secrets").stat().st_mode & 0o077 == 0
    assert "TASKFORCE_DOMAIN=taskforce.example" in (tmp_path / ".env").read_text()


def test_ci_runs_what_a_developer_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("exec ./run test")
