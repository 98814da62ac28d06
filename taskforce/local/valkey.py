"""The Valkey of one installation: Celery's broker, on a Unix socket in a private folder."""

import signal
import socket
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from taskforce.local import processes
from taskforce.local.console import Problem, tail
from taskforce.local.home import Home
from taskforce.local.programs import valkey_program

START_PATIENCE = 30.0


@dataclass
class Valkey:
    """Starts, adopts and stops the broker of a home."""

    home: Home

    _process: subprocess.Popen[bytes] | None = None

    @cached_property
    def socket_path(self) -> Path:
        return self.home.sockets / "valkey.sock"

    @cached_property
    def log(self) -> Path:
        return self.home.log("valkey")

    @property
    def url(self) -> str:
        """Broker URL in Celery's form."""
        return f"redis+socket://{self.socket_path}"

    def start(self) -> None:
        """Have a server that answers, perhaps one that a killed run left."""
        if self.is_running():
            return
        if self._process is not None:
            self._process.poll()
        server = self._process = self._launch()
        processes.wait_until(lambda: server.poll() is not None or self.is_running(), START_PATIENCE)
        if not self.is_running():
            raise self._failure()

    def _launch(self) -> subprocess.Popen[bytes]:
        account = self.home.account
        settings = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(account.make_private_folder(self.home.services / "valkey")),
            "pidfile": str(self.home.sockets / "valkey.pid"),
            # The job rows in PostgreSQL are the truth; the broker still keeps its bells over a restart and drops none.
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return processes.start([str(valkey_program(self.home)), *options], log=self.log, account=account)

    def is_running(self) -> bool:
        """Whether PING is answered with PONG; a server still loading says LOADING."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            try:
                client.connect(str(self.socket_path))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def stop(self) -> None:
        """Write what is pending and shut down."""
        ended = processes.end(self._pids, [(signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)])
        if ended and self._process is not None:
            self._process.wait()

    def _pids(self) -> list[int]:
        return [seen.pid for seen in processes.listing() if self._is_ours(seen.command)]

    def _is_ours(self, command: str) -> bool:
        return "valkey-server" in command and str(self.socket_path) in command

    def _failure(self) -> Problem:
        shown = tail(self.log)
        if "No space left on device" in shown:
            return Problem(f"The disk with {self.home.services} is full.", "Make room, then start again.")
        return Problem(f"Valkey did not start. The end of {self.log}:\n{shown}")
