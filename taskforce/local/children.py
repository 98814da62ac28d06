"""The parts of the office that are watched: web and worker, each in a process group of its own."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from taskforce.local import processes
from taskforce.local.console import Problem, say, tail
from taskforce.local.home import CHECKOUT, Home

RESTARTS_FORGIVEN = 3
FORGIVEN_AFTER = 60.0
PATIENCE = 5.0


@dataclass
class Child:
    """A program of the checkout's Python that is kept alive, and found again if we are killed."""

    name: str
    module: Sequence[str]
    home: Home
    env: Mapping[str, str]
    pass_fds: Sequence[int] = ()

    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.home.log(self.name)

    def start(self) -> None:
        """Start it, after ending what an earlier one left."""
        end_leftovers(self.home, self.name)
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.module],
            stdin=subprocess.DEVNULL,
            stdout=(log := self.log.open("ab")),
            stderr=log,
            cwd=CHECKOUT,
            env=self.env,
            pass_fds=self.pass_fds,
            start_new_session=True,
        )
        log.close()
        self.home.record(f"{self.name}.pid").write_text(str(self.process.pid))

    def keep_alive(self) -> None:
        """Restart it if it died; Problem with its log's end if it does so again and again."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        self.deaths = [death for death in self.deaths if now - death < FORGIVEN_AFTER] + [now]
        if len(self.deaths) > RESTARTS_FORGIVEN:
            raise self.failure("keeps stopping")
        say(f"  The {self.name} process stopped by itself; starting it again (see {self.log}).")
        self.start()

    def failure(self, what: str) -> Problem:
        """The sentence and the log's end for a child that does not work."""
        return Problem(f"The {self.name} process {what}. The end of {self.log}:\n{tail(self.log)}")

    def ask_to_stop(self) -> None:
        """Send the first, gentle signal, so that children stop side by side."""
        if self.process is not None:
            processes.send([self.process.pid], signal.SIGTERM)

    def stop(self) -> None:
        """Wait for it and everything it started; what is still there after that is killed."""
        end_leftovers(self.home, self.name)
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):  # it may still be on its way out
                self.process.wait(PATIENCE)


def end_leftovers(home: Home, name: str) -> None:
    """End the recorded process group, whoever started it.

    The leader is asked first and ends its own processes in order. A task cut off here has a job row that runs it again.
    """
    record = home.record(f"{name}.pid")
    try:
        group = int(record.read_text())
    except (OSError, ValueError):
        return

    def members() -> list[int]:
        return processes.group_members(group, marker=sys.executable)

    def leader() -> list[int]:
        return [pid for pid in members() if pid == group]

    processes.end(leader, [(signal.SIGTERM, PATIENCE), (signal.SIGQUIT, PATIENCE)])
    processes.end(members, [(signal.SIGKILL, PATIENCE)])
    record.unlink(missing_ok=True)
