"""The PostgreSQL of one installation: a private cluster, reached over a Unix socket alone."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import quote

from taskforce.local import processes
from taskforce.local.console import Problem, tail
from taskforce.local.home import Home
from taskforce.local.programs import postgres_program

SUPERUSER = "postgres"
OWNER = "taskforce_owner"
APP = "taskforce_app"
DATABASE = "taskforce"

START_PATIENCE = 120.0  # crash recovery of a large cluster takes its time
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "8MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "2",
    # No replicas and no helper processes: each idle one costs memory on a small machine.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    # A statement or an error's detail may hold a name: neither goes to the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Postgres:
    """Starts, adopts and stops the cluster of a home. `is_durable=False` is for tests: faster, lost with the power."""

    home: Home
    is_durable: bool = True

    _process: subprocess.Popen[bytes] | None = None

    @cached_property
    def data(self) -> Path:
        return self.home.services / "postgres"

    @cached_property
    def log(self) -> Path:
        return self.home.log("postgres")

    def url(self, role: str, database: str = DATABASE) -> str:
        """Connection URL of a role; the host is the socket's folder."""
        return f"postgresql://{role}:{self.home.secret(role)}@{quote(str(self.home.sockets), safe='')}/{database}"

    def start(self) -> None:
        """Have a server that answers, perhaps one that a killed run left. Raises Problem with the log's end."""
        if self.is_running():
            return
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._forget_dead_server()
        self._launch()
        self.prepare_roles()

    def is_running(self) -> bool:
        """Whether our server process lives and answers."""
        return bool(self._pids()) and self._answers()

    def stop(self) -> None:
        """Close connections and shut down; never with SIGKILL, which would leave shared memory behind."""
        ended = processes.end(self._pids, [(signal.SIGINT, 15.0), (signal.SIGQUIT, 10.0)])
        if ended and self._process is not None:
            self._process.wait()

    def _create(self) -> None:
        # Made beside and renamed when whole, so that a killed first start leaves nothing that looks like a database.
        unfinished = self.data.with_suffix(".partial")
        shutil.rmtree(unfinished, ignore_errors=True)
        self.home.account.make_private_folder(unfinished)
        with self._password_file() as password:
            self._initdb(unfinished, password)
        unfinished.rename(self.data)

    @contextmanager
    def _password_file(self) -> Iterator[Path]:
        account = self.home.account
        with tempfile.NamedTemporaryFile("w", dir=self.home.sockets, prefix="initdb-") as file:
            file.write(self.home.secret(SUPERUSER))
            file.flush()
            if account.is_switched:
                os.chown(file.name, account.uid, account.gid)
            yield Path(file.name)

    def _initdb(self, data: Path, password_file: Path) -> None:
        options = {
            "pgdata": str(data),
            "username": SUPERUSER,
            "pwfile": str(password_file),
            "auth": "scram-sha-256",
            "encoding": "UTF8",
            # The builtin locale needs nothing of the operating system and sorts alike on every machine.
            "locale": "C",
            "locale-provider": "builtin",
            "builtin-locale": "C.UTF-8",
        }
        command = [str(postgres_program(self.home, "initdb")), "--data-checksums"]
        command += [f"--{name}={value}" for name, value in options.items()]
        command += [] if self.is_durable else ["--no-sync"]
        if processes.start(command, log=self.log, account=self.home.account).wait() != 0:
            raise self._failure("PostgreSQL could not create its database.")

    def is_alive(self) -> bool:
        """Whether the server process lives: cheap enough to ask every second."""
        return bool(self._pids())

    def _pids(self) -> list[int]:
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return []
        return [pid] if processes.is_alive(pid, marker=str(self.data)) else []

    def _forget_dead_server(self) -> None:
        # After kill -9 the id may belong to a zombie or a stranger, and PostgreSQL would refuse to start.
        if not self._pids():
            self._collect()
            for lock in (self.data / "postmaster.pid", self.home.sockets / ".s.PGSQL.5432.lock"):
                lock.unlink(missing_ok=True)

    def _collect(self) -> None:
        """Take the exit code of our dying server: it loses its command line a moment before it ends."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)

    def _launch(self) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(self.home.sockets)}
        settings |= {} if self.is_durable else THROWAWAY
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(postgres_program(self.home, "postgres")), "-D", str(self.data), *options]
        # A killed server's backends keep its shared memory for a moment; PostgreSQL then exits at once: try again.
        for _attempt in range(5):
            server = self._process = processes.start(command, log=self.log, account=self.home.account)
            processes.wait_until(partial(self._has_settled, server), START_PATIENCE)
            if server.poll() is None:
                break
            time.sleep(1)
        if not self._answers():
            raise self._failure("PostgreSQL did not start.")

    def _has_settled(self, server: subprocess.Popen[bytes]) -> bool:
        return server.poll() is not None or self._answers()

    def _answers(self) -> bool:
        command = [
            str(postgres_program(self.home, "pg_isready")),
            "--quiet",
            "--host",
            str(self.home.sockets),
        ]
        return subprocess.run(command, check=False).returncode == 0

    def prepare_roles(self) -> None:
        """Bring roles, extensions and the database to what roles.sql says."""
        script = (
            f"\\set owner_password '{self.home.secret(OWNER)}'\n"
            f"\\set app_password '{self.home.secret(APP)}'\n"
            + (Path(__file__).parent / "roles.sql").read_text()
        )
        done = self.psql("template1", script)
        if done.returncode != 0:
            raise Problem(f"PostgreSQL refused its roles: {done.stderr.strip()}", "See ./run doctor.")

    def psql(self, database: str, script: str) -> subprocess.CompletedProcess[str]:
        """Run SQL as the superuser; the script goes through standard input, where no process list shows it."""
        command = [str(postgres_program(self.home, "psql")), "-XqAt", "-h", str(self.home.sockets)]
        command += ["-U", SUPERUSER, database]
        env = {**os.environ, "PGPASSWORD": self.home.secret(SUPERUSER)}
        return subprocess.run(command, input=script, env=env, capture_output=True, text=True, check=False)

    def _failure(self, what: str) -> Problem:
        shown = tail(self.log)
        if "No space left on device" in shown:
            return Problem(f"{what} The disk with {self.data} is full.", "Make room, then start again.")
        return Problem(f"{what} The end of {self.log}:\n{shown}", "./run doctor looks for the cause.")
