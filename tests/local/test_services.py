"""PostgreSQL and Valkey are shared by commands, and the last one out turns off the light."""

import os
from pathlib import Path

import pytest

from taskforce.local import processes
from taskforce.local.console import Problem
from taskforce.local.home import Home
from taskforce.local.services import Services
from taskforce.local.valkey import Valkey


def servers(home: Home) -> Services:
    return Services(home, is_durable=False, own_database=True, own_broker=True)


def test_a_second_command_shares_the_servers_and_the_last_one_stops_them(home: Home) -> None:
    with servers(home).running():
        with servers(home).running():
            pass
        assert servers(home).are_running()

    assert not servers(home).are_running()


def test_a_dead_server_is_started_again(home: Home) -> None:
    services = servers(home)
    with services.running():
        services.valkey.stop()
        services.start()

        assert services.valkey.is_running()


def test_servers_of_ones_own_are_left_alone(home: Home) -> None:
    services = Services(home, own_database=False, own_broker=False)

    with services.running():
        assert services.settings().keys() == {"TASKFORCE_HOME", "SECRET_KEY", "VICTIM_KEY_RING_FILE"}
        assert not (home.root / "postgres").exists()


def test_a_nearly_full_disk_is_refused_in_a_sentence(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Home, "free_bytes", lambda _home: 5_000_000)

    with pytest.raises(Problem, match="5 MB left"), servers(home).running():
        pass


def test_the_broker_answers_on_its_private_socket_alone(home: Home) -> None:
    valkey = Valkey(home)
    valkey.start()
    try:
        assert valkey.socket_path.stat().st_mode & 0o077 == 0
        assert valkey.is_running()
    finally:
        valkey.stop()
    assert not valkey.is_running()


def test_secrets_are_made_once_and_readable_by_us_alone(home: Home) -> None:
    first = home.secret("django")

    assert home.secret("django") == first
    assert len(first) >= 50
    assert (home.root / "secrets" / "django").stat().st_mode & 0o077 == 0


def test_a_checkout_at_a_deep_or_odd_path_gets_its_sockets_elsewhere(home: Home) -> None:
    deep = Home.open(home.root / ("deep " * 20).strip())

    far = deep.sockets

    assert len(os.fsencode(far)) < 80
    assert deep.sockets == far, "the folder is remembered"
    assert far.stat().st_mode & 0o077 == 0
    deep.remove()
    assert not far.exists()


def test_a_process_that_ended_unnoticed_does_not_count_as_alive(tmp_path: Path, home: Home) -> None:
    ended = processes.start(["true"], log=tmp_path / "log", account=home.account)
    assert processes.wait_until(lambda: not processes.is_alive(ended.pid, "true"), 5), "a zombie is not alive"
    ended.wait()
