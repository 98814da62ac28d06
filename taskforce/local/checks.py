"""`./run test`: the same checks on a laptop and in CI, against a PostgreSQL and Valkey of their own."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from taskforce.local.console import say
from taskforce.local.database import run_in_front
from taskforce.local.home import CHECKOUT, Home
from taskforce.local.services import Services

BIN = Path(sys.executable).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
COMPOSE_LINTER = "dclint@3.1.0"
RELEASE = "--release"

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Check:
    """A named command; `obtain` says why it must be skipped, or an empty string."""

    name: str
    command: list[str]
    extra: Environment | None = None
    obtain: Callable[[], str] = lambda: ""


def test(arguments: list[str]) -> int:
    """Run every check, or pytest alone when it is given arguments; 1 if anything failed.

    `--release` adds the large sizes to either.
    """
    with throwaway_services() as services:
        env = services.environment()
        if set(arguments) - {RELEASE}:
            return pytest(arguments, env)
        return everything(env, arguments)


@contextmanager
def throwaway_services() -> Iterator[Services]:
    """Servers with an empty database in a temporary folder, without the waits that protect data."""
    root = Path(tempfile.mkdtemp(prefix="taskforce-test-"))
    home = Home.open(root)
    services = Services(home, is_durable=False)
    try:
        with services.running():
            yield services
    finally:
        home.remove()


def everything(env: Environment, sizes: list[str]) -> int:
    failed = [check.name for check in all_checks() if not passes(check, env)]
    say(f"\n== Tests{browser_note()}")
    code = pytest(["-n", "2", *sizes, "tests"], env)
    if failed:
        say(f"Checks that failed before the tests: {', '.join(failed)}")
    return 1 if failed or code else 0


def passes(check: Check, env: Environment) -> bool:
    """Run one check; its output is shown only when it fails."""
    reason = check.obtain()
    if reason:
        say(f"== {check.name}: skipped, {reason}")
        return True
    began = time.monotonic()
    done = subprocess.run(
        check.command,
        env={**env, **(check.extra or {})},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    say(f"== {check.name}: {'ok' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - began:.1f} s")
    if done.returncode != 0:
        say((done.stdout + done.stderr).strip())
    return done.returncode == 0


def pytest(arguments: list[str], env: Environment) -> int:
    return run_in_front([sys.executable, "-m", "pytest", *arguments], env)


def all_checks() -> list[Check]:
    """What is checked before the tests, quickest first."""
    templates = [str(path) for path in sorted((CHECKOUT / "templates").rglob("*.html"))]
    manage = [sys.executable, "manage.py"]
    return [
        Check("Format (ruff)", [tool("ruff"), "format", "--check", ".", "run"]),
        Check("Lint (ruff)", [tool("ruff"), "check", ".", "run"]),
        Check("Types (mypy)", [tool("mypy")]),
        Check("Layers (import-linter)", [tool("lint-imports")]),
        Check("Template format (djade)", [tool("djade"), "--check", "--target-version", "5.2", *templates]),
        Check("Template lint (djlint)", [tool("djlint"), "--lint", "templates", "--profile", "django"]),
        Check("Migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check(
            "Django's deployment check", [*manage, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION
        ),
        Check("Dockerfile (hadolint)", [tool("hadolint"), "Dockerfile"]),
        Check(
            "Compose file (dclint)",
            ["npx", "--yes", COMPOSE_LINTER, "docker-compose.yml"],
            obtain=compose_linter,
        ),
    ]


PRODUCTION = {"HTTPS": "1", "DEBUG": "0", "ALLOWED_HOSTS": "taskforce.example", "TASKFORCE_DEMO": "0"}


def tool(name: str) -> str:
    return str(BIN / name)


def compose_linter() -> str:
    """Why the compose file cannot be linted here, or nothing: the linter is a Node package."""
    if shutil.which("npx") is None:
        return "there is no node here"
    command = ["npx", "--yes", COMPOSE_LINTER, "--version"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return "its linter could not be downloaded in time"
    return "" if done.returncode == 0 else "its linter could not be downloaded"


def browser_note() -> str:
    """Find or install the browser; what the headline says about it."""
    if not has_browser() and os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests ...")
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]):
            subprocess.run(
                command,
                capture_output=True,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                check=False,
            )
    return "" if has_browser() else " (browser tests skipped: no Chromium; sudo apt-get install chromium)"


def has_browser() -> bool:
    return any(shutil.which(name) for name in BROWSERS)
