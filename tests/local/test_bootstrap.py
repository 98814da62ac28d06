"""`./run` before anything is installed: it speaks in sentences and installs only what is missing."""

import importlib.machinery
import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, looking at an empty checkout."""
    loader = importlib.machinery.SourceFileLoader("run_script", str(ROOT / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "taskforce.json")
    (tmp_path / "uv.lock").write_text("one")
    return module


@pytest.fixture
def installs(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The groups of each installation, in place of real ones."""
    done: list[list[str]] = []

    def pretend(groups: list[str]) -> str:
        (run.VENV / "bin").mkdir(parents=True, exist_ok=True)
        (run.VENV / "bin" / "python").touch()
        done.append(groups)
        return ""

    monkeypatch.setattr(run, "install_by_uv", pretend)
    return done


def ensure(run: ModuleType, groups: list[str]) -> None:
    if not run.is_installed(groups):
        run.install(groups)


def test_it_installs_once_per_lock_file(run: ModuleType, installs: list[list[str]]) -> None:
    ensure(run, ["local"])
    ensure(run, ["local"])
    assert installs == [["local"]]

    (run.ROOT / "uv.lock").write_text("two")
    ensure(run, ["local"])
    assert len(installs) == 2


def test_the_tests_tools_are_added_when_first_needed_and_stay(
    run: ModuleType, installs: list[list[str]]
) -> None:
    ensure(run, ["local"])
    ensure(run, ["local", "dev"])
    ensure(run, ["local"])

    (run.ROOT / "uv.lock").write_text("two")
    ensure(run, ["local"])

    assert installs == [["local"], ["dev", "local"], ["dev", "local"]]


def test_an_interrupted_installation_is_taken_up_again(run: ModuleType, installs: list[list[str]]) -> None:
    ensure(run, ["local"])
    run.STAMP.unlink()
    assert not run.is_installed(["local"])


def test_a_moved_checkout_is_installed_afresh(
    run: ModuleType, installs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(run, ["local"])
    moved = run.ROOT / "elsewhere"
    run.VENV.rename(moved)
    monkeypatch.setattr(run, "VENV", moved)
    monkeypatch.setattr(run, "STAMP", moved / "taskforce.json")

    assert not run.is_installed(["local"])


def test_pip_takes_over_where_uv_fails(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(run, "install_by_uv", lambda _groups: "invalid peer certificate")

    def pretend(command: list[object]) -> str:
        run.VENV.mkdir(exist_ok=True)
        commands.append([str(part) for part in command])
        return ""

    monkeypatch.setattr(run, "run", pretend)
    run.install(["local"])

    assert commands[-1][-3:] == ["--require-hashes", "-r", str(run.ROOT / "requirements.txt")]


def test_an_old_python_is_told_what_is_needed(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.sys, "version_info", (3, 9))
    monkeypatch.setattr(run.shutil, "which", lambda _name: None)

    with pytest.raises(run.Refusal, match=r"needs Python 3\.11 or newer"):
        run.use_new_enough_python([])


def test_a_full_disk_is_refused_before_anything_is_written(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 10_000_000})
    monkeypatch.setattr(run.shutil, "disk_usage", lambda _path: usage)

    with pytest.raises(run.Refusal, match="10 MB left"):
        run.refuse_without_means()


def test_the_machines_certificates_are_used(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/agency.pem")
    monkeypatch.delenv("PIP_CERT", raising=False)

    env = run.installer_environment()

    assert env["UV_SYSTEM_CERTS"] == "1"
    assert env["SSL_CERT_FILE"] == env["PIP_CERT"] == "/etc/agency.pem"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lists_for_pip_say_what_the_lock_file_says(name: str) -> None:
    locked = {p["name"]: p for p in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    listed = re.findall(
        r"^([\w.-]+)==(\S+)(?: ;[^\n\\]*)?((?: \\\n +--hash=\S+)+)", (ROOT / name).read_text(), re.M
    )

    assert len(listed) > 50
    for package, version, hashes in listed:
        entry = locked[package]
        files = [*entry.get("wheels", []), *([entry["sdist"]] if "sdist" in entry else [])]
        assert entry["version"] == version
        assert set(re.findall(r"--hash=(\S+)", hashes)) == {file["hash"] for file in files}


def test_the_lists_for_pip_miss_nothing_the_project_needs() -> None:
    listed = (ROOT / "requirements.txt").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for wanted in [*project["project"]["dependencies"], *project["dependency-groups"]["local"]]:
        name = re.match(r"[\w.-]+", wanted)
        assert name is not None
        assert re.search(rf"^{re.escape(name[0])}==", listed, re.M), f"{name[0]} is not in requirements.txt"
