"""Starting the office: one at a time, on a free port, with parts that are kept alive."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskforce.local import processes, serve
from taskforce.local.children import Child, end_leftovers
from taskforce.local.console import Problem
from taskforce.local.home import Home


@pytest.fixture
def taken_port() -> Iterator[int]:
    holder = socket.create_server(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    yield port
    holder.close()


@pytest.fixture
def sleeper(home: Home) -> Iterator[Child]:
    child = Child(
        "sleeper",
        ["timeit", "-n", "1", "-r", "1", "-s", "import time", "time.sleep(60)"],
        home,
        dict(os.environ),
    )
    yield child
    child.stop()


def test_a_port_asked_for_and_taken_is_refused_with_another_to_try(taken_port: int) -> None:
    with pytest.raises(Problem, match=f"Port {taken_port} is taken") as refused, serve.listening(taken_port):
        pass
    assert f"--port {taken_port + 1}" in refused.value.advice


def test_without_a_wish_the_next_free_port_is_used(
    taken_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "USUAL_PORT", taken_port)

    with serve.listening(None) as listener:
        chosen = listener.getsockname()[1]

    assert chosen > taken_port
    assert f"Port {taken_port} is taken by another program; using {chosen}." in capsys.readouterr().out


def test_it_is_open_to_this_machine_alone() -> None:
    with serve.listening(None) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_second_start_names_the_address_of_the_first(home: Home) -> None:
    with serve.only_one(home):
        serve.note_address(home, "http://127.0.0.1:8000/")

        with (
            pytest.raises(Problem, match=r"already running at http://127\.0\.0\.1:8000/"),
            serve.only_one(home),
        ):
            pass


def test_a_part_that_dies_is_started_again(sleeper: Child) -> None:
    sleeper.start()
    first = sleeper.process
    assert first is not None
    first.kill()
    first.wait()

    sleeper.keep_alive()

    assert sleeper.process is not first
    assert not serve.is_dead(sleeper)


def test_a_part_that_keeps_dying_stops_the_office_with_the_end_of_its_log(home: Home) -> None:
    broken = Child("worker", ["no_such_module"], home, dict(os.environ))
    broken.start()

    def until_refused() -> None:
        while True:
            assert broken.process is not None
            broken.process.wait()
            broken.keep_alive()

    with pytest.raises(Problem, match=r"(?s)worker process keeps stopping.*No module named no_such_module"):
        until_refused()


def test_parts_left_by_a_killed_run_are_ended(home: Home, sleeper: Child) -> None:
    sleeper.start()
    assert sleeper.process is not None

    end_leftovers(home, "sleeper")

    assert not processes.is_alive(sleeper.process.pid, sys.executable)


def test_a_stranger_with_the_recorded_process_id_is_left_alone(home: Home, tmp_path: Path) -> None:
    stranger = processes.start(["sleep", "60"], log=tmp_path / "log", account=home.account)
    home.record("web.pid").write_text(str(stranger.pid))

    end_leftovers(home, "web")

    assert stranger.poll() is None
    stranger.send_signal(signal.SIGKILL)
    stranger.wait()
