"""`./run`: the whole office, from nothing to a served page, and tidily away again."""

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from taskforce.local import database, processes
from taskforce.local.children import Child, end_leftovers
from taskforce.local.console import Problem, say, step
from taskforce.local.home import CHECKOUT, Home
from taskforce.local.services import Services, undisturbed

HOST = "127.0.0.1"
USUAL_PORT = 8000
START_PATIENCE = 60.0
UNKNOWN_ADDRESS = "an address it has not told yet"
STOP_PATIENCE = 60.0
WATCH_EVERY = 1.0
PARTS = ("web", "worker")


def serve(arguments: list[str]) -> int:
    """Start everything, print where it is, watch it until Ctrl-C."""
    options = parse(arguments)
    home = Home.open()
    with only_one(home):
        note_address(home, UNKNOWN_ADDRESS)
        for name in PARTS:  # of a run that was killed: they would still hold the port
            end_leftovers(home, name)
        with listening(options.port) as listener:
            say("Starting Taskforce.")
            office = Office(home, Services(home), listener, with_demo=not options.no_demo)
            with office.services.running():
                office.run()
    say("Taskforce has stopped.")
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run", description="Start Taskforce on this machine.")
    wished = os.environ.get("PORT")
    parser.add_argument(
        "--port", type=int, default=int(wished) if wished else None, help=f"instead of {USUAL_PORT}"
    )
    parser.add_argument(
        "--no-demo", action="store_true", help="start with an empty office instead of demo cases"
    )
    return parser.parse_args(arguments)


@contextlib.contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Refuse a second start of the same office, naming the address of the first."""
    with home.record("serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(
                f"Taskforce is already running at {running_at(home)}.", "Stop it with Ctrl-C there."
            ) from None
        yield


def is_locked(home: Home) -> bool:
    """Whether an office runs on this home now."""
    try:
        with only_one(home):
            return False
    except Problem:
        return True


def end_running(home: Home) -> None:
    """Ask the running office to stop, and wait until it has. Problem if it does not."""
    if not is_locked(home):
        return
    processes.send([json.loads(home.record("serve.json").read_text())["pid"]], signal.SIGTERM)
    if not processes.wait_until(lambda: not is_locked(home), STOP_PATIENCE, pause=0.2):
        raise Problem("The running Taskforce does not stop.", "Stop it with Ctrl-C where it runs.")


def note_address(home: Home, address: str) -> None:
    """Let other commands know who runs and where."""
    home.record("serve.json").write_text(json.dumps({"pid": os.getpid(), "address": address}))


def running_at(home: Home) -> str:
    """The address of the running office, as far as it is known yet."""
    try:
        return str(json.loads(home.record("serve.json").read_text())["address"])
    except (OSError, ValueError):
        return UNKNOWN_ADDRESS


@contextlib.contextmanager
def listening(port: int | None) -> Iterator[socket.socket]:
    """Hold the port from now on, so that no page is refused while the web process restarts.

    A port asked for is taken or refused; without a wish, the next free one will do.
    """
    candidates = [port] if port else [*range(USUAL_PORT, USUAL_PORT + 20)]
    for candidate in candidates:
        listener = socket.socket(socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
        except OSError:
            listener.close()
            continue
        with listener:
            if candidate != candidates[0]:
                say(f"Port {candidates[0]} is taken by another program; using {candidate}.")
            yield listener
        return
    raise Problem(
        f"Port {candidates[0]} is taken by another program.", f"Try ./run --port {candidates[-1] + 1}"
    )


@dataclass
class Office:
    """The running parts of one installation."""

    home: Home
    services: Services
    listener: socket.socket
    with_demo: bool

    def run(self) -> None:
        """Prepare, start, tell, watch; whatever happens, stop the children before the servers."""
        env = self.environment()
        children = [self.web(env), self.worker(env)]
        try:
            database.prepare(self.home, env)
            self.open_doors(*children)
            if self.with_demo:
                self.load_demo(children, env)
            say(f"\nTaskforce is at {self.address}    (Ctrl-C stops it)")
            while True:
                self.watch(children)
        except KeyboardInterrupt:
            say("\nStopping ...")
        finally:
            with undisturbed():
                stop(children)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.listener.getsockname()[1]}/"

    def environment(self) -> dict[str, str]:
        """What web and worker get; TASKFORCE_DEMO shows the demo log-ins on the sign-in page."""
        demo = {"TASKFORCE_DEMO": "1"} if self.with_demo else {}
        # Threads would each get a heap of their own from glibc, mostly empty.
        return {**demo, "MALLOC_ARENA_MAX": "2", **self.services.environment()}

    def web(self, env: Mapping[str, str]) -> Child:
        descriptor = self.listener.fileno()
        options = [
            "--config",
            "deploy/gunicorn.conf.py",
            "--bind",
            f"fd://{descriptor}",
            "--graceful-timeout",
            "4",
        ]
        return Child("web", ["gunicorn", *options, "taskforce.wsgi"], self.home, env, (descriptor,))

    def worker(self, env: Mapping[str, str]) -> Child:
        # One machine has one worker: there is nobody to gossip with.
        options = [
            "--beat",
            "--concurrency",
            "1",
            "--without-gossip",
            "--without-mingle",
            "--loglevel",
            "WARNING",
        ]
        return Child("worker", ["celery", "-A", "taskforce", "worker", *options], self.home, env)

    def open_doors(self, web: Child, worker: Child) -> None:
        """Start the web process and wait for its first page; only then the worker, which would compete with it."""
        self.listener.listen(128)
        with step("Web"):
            web.start()
            processes.wait_until(lambda: self.is_serving() or is_dead(web), START_PATIENCE, pause=0.1)
            if is_dead(web) or not self.is_serving():
                raise web.failure("does not answer")
        worker.start()
        note_address(self.home, self.address)

    def is_serving(self) -> bool:
        """Whether the sign-in page comes."""
        connection = http.client.HTTPConnection(HOST, self.listener.getsockname()[1], timeout=5)
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def load_demo(self, children: list[Child], env: Mapping[str, str]) -> None:
        """Fill the office with demo cases while it is already open; load_demo itself says what it does."""
        say(f"\nTaskforce is at {self.address} while the demo cases are made ready.\n")
        loading = subprocess.Popen(
            [sys.executable, "manage.py", "load_demo"], cwd=CHECKOUT, env=env, start_new_session=True
        )
        try:
            while loading.poll() is None:
                self.watch(children)
        finally:
            loading.terminate()
            loading.wait()
        if loading.returncode != 0:
            say(
                "  The demo data could not be loaded; what went wrong is above. The office is open without them."
            )

    def watch(self, children: list[Child]) -> None:
        """One look at everything, then a pause."""
        self.services.start()
        for child in children:
            child.keep_alive()
        time.sleep(WATCH_EVERY)


def is_dead(child: Child) -> bool:
    return child.process is not None and child.process.poll() is not None


def stop(children: list[Child]) -> None:
    """Ask all at once, then wait for each."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()
